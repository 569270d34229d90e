"""`tillsight-hub report`: a report into a file, from the database beside a running hub."""

import argparse
import sys
from pathlib import Path

from tillsight_models.errors import BadConfig

from ..access.clock import now_ms
from ..config import HubConfig
from ..database import open_database, prepare
from ..errors import BadPeriod
from ..hierarchy import Hierarchy, read_hierarchy
from ..metrics.catalogue import catalogue
from ..periods import Period
from ..shown.asked import read_metric_settings
from .kinds import KINDS, latest_over, period_of


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub report`."""
    add = parser.add_argument
    add("--kind", choices=KINDS, required=True, help="weekly: of a store; monthly: of a chain or region")
    add("--place", metavar="ID", required=True, help="an org, region, store or touchpoint")
    add(
        "--period",
        metavar="WHEN",
        help="2026-W47, 2026-11, 2026-H2, or any day in it; default: the latest over",
    )
    add("--language", metavar="CODE", help="such as it; default: the place's")
    add("--out", metavar="FILE", type=Path, required=True, help="where the PDF goes")


def run_report_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Write the PDF; 0 when done. BadConfig where there is no such place, period or language."""
    from ..pages.assets import Assets
    from ..pages.rendering import in_every_language
    from .making import language_of, make_report, voice_of
    from .typesetting import pdf_of

    spoken = in_every_language(Assets())
    if arguments.language is not None and arguments.language not in spoken:
        raise BadConfig([f"--language {arguments.language!r:.20}: expected one of {', '.join(spoken)}"])
    engine = open_database(config.database_url())
    prepare(engine)
    now = now_ms()
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        report = make_report(
            connection,
            hierarchy,
            arguments.kind,
            arguments.place,
            _period(arguments, hierarchy, now),
            voice=voice_of(spoken, arguments.language or language_of(hierarchy, arguments.place)),
            metrics=catalogue(read_metric_settings(connection, config.metrics), config.privacy.smallest_cell),
            settings=config.reports,
            now=now,
        )
    arguments.out.write_bytes(pdf_of(report))
    sys.stdout.write(f"{arguments.out}: {report.title}\n")
    return 0


def _period(arguments: argparse.Namespace, hierarchy: Hierarchy, now: int) -> Period:
    places = hierarchy.within(arguments.place)
    if not places:
        raise BadConfig([f"--place {arguments.place}: no org, region, store or touchpoint has this id"])
    if arguments.period is None:
        return latest_over(arguments.kind, [place.calendar for place in places], now)
    try:
        return period_of(arguments.kind, arguments.period)
    except BadPeriod as error:
        raise BadConfig([str(error)]) from error
