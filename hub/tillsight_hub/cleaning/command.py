"""`tillsight-hub what-if`: scores under other cleaning rules, beside those that are stored."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tillsight_models.errors import BadConfig

from ..config import HubConfig
from ..database import open_database, prepare
from ..errors import UnknownPlace
from ..hierarchy import read_hierarchy
from ..metrics.catalogue import catalogue
from ..metrics.registry import Catalogue, Score
from ..periods import Period
from ..scores.scores import Group
from ..shown.asked import read_metric_settings
from .rules import CleaningSettings, parameters

if TYPE_CHECKING:
    from .what_if import Comparison

SHOWN = ("responses", "relative_dissatisfaction", "response_rate", "csat")


def add_what_if_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub what-if`."""
    add = parser.add_argument
    names = ", ".join(parameters(CleaningSettings()))
    add("--place", metavar="ID", help="an org, region, store or touchpoint; default: all")
    add("--from", dest="first", required=True, metavar="DATE", help="first business day, such as 2026-03-01")
    add("--to", dest="last", required=True, metavar="DATE", help="last business day, included")
    add("--set", action="append", default=[], metavar="NAME=VALUE", help=f"may be given often; of {names}")
    add("--metric", action="append", default=[], metavar="ID", help=f"default: {', '.join(SHOWN)}")
    add("--json", action="store_true", help="everything, for programs")


def run_what_if_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Print the comparison; 0 when done."""
    from .what_if import what_if

    period = Period.between(arguments.first, arguments.last)
    rules = config.cleaning.changed(settings_of(arguments.set))
    engine = open_database(config.database_url())
    prepare(engine)
    with engine.connect() as connection:
        settings = read_metric_settings(connection, config.metrics)
        metrics = catalogue(settings, config.privacy.smallest_cell)
        chosen = metrics.chosen(arguments.metric or SHOWN)
        places = read_hierarchy(connection).within(arguments.place)
        if not places:
            raise UnknownPlace(f"--place {arguments.place}: no org, region, store or touchpoint has this id")
        found = what_if(
            connection,
            places,
            period,
            rules,
            smallest_cell=metrics.smallest_cell,
            questions=metrics.questions,
        )
    lines = (
        [json.dumps(_as_json(each, chosen)) for each in found] if arguments.json else _table(found, chosen)
    )
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def settings_of(texts: Iterable[str]) -> dict[str, str]:
    """Of `session.gap_s=10`; BadConfig where there is no value."""
    if problems := [f"{text}: expected NAME=VALUE" for text in texts if "=" not in text]:
        raise BadConfig(problems)
    return dict(text.split("=", 1) for text in texts)


def _table(found: "Sequence[Comparison]", metrics: Catalogue) -> Iterator[str]:
    """A line for each touchpoint and metric: before, after."""
    for each in found:
        counts = each.before.counts, each.after.counts
        yield f"{each.before.key} ({each.before.label}): {each.relabelled} presses with other labels"
        yield f"  set aside: {counts[0].set_aside} -> {counts[1].set_aside} of {counts[0].presses} presses"
        for was, would_be in zip(
            *(_scores(group, metrics) for group in (each.before, each.after)), strict=True
        ):
            yield f"  {was.metric}: {_text(was)} -> {_text(would_be)}"


def _text(score: Score) -> str:
    if score.value is None:
        return score.status
    interval = "" if score.lower is None else f" [{score.lower:.4g}, {score.upper:.4g}]"
    return f"{score.value:.4g}{interval} (n {score.n}, {score.status})"


def _scores(group: Group, metrics: Catalogue) -> list[Score]:
    return metrics.scores(group.counts)


def _as_json(each: "Comparison", metrics: Catalogue) -> dict[str, Any]:
    return {
        "touchpoint": each.before.key,
        "relabelled": each.relabelled,
        **{
            name: {
                "presses": group.counts.presses,
                "set_aside": group.counts.set_aside,
                "scores": [asdict(score) for score in _scores(group, metrics)],
            }
            for name, group in (("before", each.before), ("after", each.after))
        },
        "bursts": [asdict(burst) for burst in each.bursts],
    }
