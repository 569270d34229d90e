"""`tillsight-hub analyse`: a folder of events in, scores and alerts out, without a hub or a broker."""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tillsight_models.errors import BadConfig

from ..alerts.offline import alerts_of
from ..config import HubConfig
from ..errors import BadFile
from ..metrics.catalogue import catalogue
from ..metrics.registry import DEFAULT_LEVEL
from .pipeline import Analysed, analysed
from .recordings import Recording
from .results import Scores, scores, write_alerts, write_full_export, write_scores
from .wire_files import read_wire_files
from .worlds import read_world

TELL_EVERY_S = 1.0


def add_analyse_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `tillsight-hub analyse`."""
    add = parser.add_argument
    add(
        "--world",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with events.jsonl, and calibration.json or seed.toml",
    )
    add("--out", type=Path, required=True, metavar="DIR", help="folder for the results; made where needed")
    add("--json", action="store_true", help="print a summary as JSON")


def run_analyse_command(arguments: argparse.Namespace, config: HubConfig) -> int:
    """Analyse the folder; 0 when done."""
    began = time.monotonic()
    recording = read_recording(arguments.world)
    _make(arguments.out)
    tell = _teller()
    tell(f"{recording.events:,} events read")
    with tempfile.TemporaryDirectory() as folder:
        done = analysed(recording, config.cleaning, Path(folder) / "analysis.db", tell)
        try:
            found = _write(arguments.out, done, config)
            tell("scores written")
            write_alerts(arguments.out, alerts_of(done.touched, config.alerts))
        finally:
            done.engine.dispose()
    summary = _summary(recording, done, found) | {"seconds": round(time.monotonic() - began, 2)}
    text = json.dumps(summary, indent=2) if arguments.json else _sentence(summary, arguments.out)
    sys.stdout.write(f"{text}\n")
    return 0


def read_recording(folder: Path) -> Recording:
    """Our own events where the folder has a seed.toml, else a simulated world."""
    if not folder.is_dir():
        raise BadConfig([f"--world {folder}: expected a folder"])
    if (folder / "seed.toml").exists():
        return read_wire_files(folder)
    if (folder / "calibration.json").exists():
        return read_world(folder)
    raise BadFile(f"{folder}: expected seed.toml (our own events) or calibration.json (a simulated world)")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfig([f"--out {folder}: {error.strerror or error}"]) from error


def _write(folder: Path, done: Analysed, config: HubConfig) -> Scores:
    metrics = catalogue(config.metrics, config.privacy.smallest_cell)
    found = scores(done, metrics, DEFAULT_LEVEL)
    write_scores(folder, found)
    write_full_export(folder, done, metrics, DEFAULT_LEVEL)
    return found


def _summary(recording: Recording, done: Analysed, found: Scores) -> dict[str, Any]:
    statuses: dict[str, Counter[str]] = {}
    for of_place in found.values():
        for metric, score in of_place.items():
            statuses.setdefault(metric, Counter())[score.status] += 1
    return {
        "events": recording.events,
        "duplicates": recording.duplicates,
        "touchpoints": len(done.touched),
        "first_day": done.period.first,
        "last_day": done.period.last,
        "statuses": {metric: dict(sorted(counted.items())) for metric, counted in statuses.items()},
    }


def _sentence(summary: dict[str, Any], out: Path) -> str:
    return (
        f"{summary['events']:,} events ({summary['duplicates']:,} of them twice) at {summary['touchpoints']} "
        f"touchpoints, {summary['first_day']} to {summary['last_day']}: {out}"
    )


def _teller() -> Callable[[str], None]:
    """Tells at most once a second."""
    last = -TELL_EVERY_S

    def tell(line: str) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_EVERY_S:
            last = time.monotonic()
            sys.stderr.write(f"analyse: {line}\n")
            sys.stderr.flush()

    return tell
