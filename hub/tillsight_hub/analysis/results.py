"""Results: what an analysis leaves in its folder."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..alerts.listing import COLUMNS, raised_row
from ..alerts.offline import Raised
from ..exports.export import Export, write_export
from ..metrics.registry import Catalogue, Score
from ..scores.scores import series
from .pipeline import Analysed

FILES = {
    "expressed_dissat": "relative_dissatisfaction",
    "response_rate": "response_rate",
    "csat_pressers": "csat",
    "positive_emotion": "positive_emotion_share",
    "dissat_all": "dissatisfied_by_eagerness",
}
"""By file: the metric that is in it."""
HEAD = ("touchpoint", "score", "lower", "upper")

Scores = Mapping[str, Mapping[str, Score]]
"""By touchpoint and metric."""


def scores(done: Analysed, metrics: Catalogue, level: float) -> Scores:
    """Of the whole period, for every touchpoint."""
    found: dict[str, dict[str, Score]] = {}
    with done.engine.connect() as connection:
        for place in done.hierarchy.touchpoints.values():
            (group,) = series(
                connection,
                place,
                done.period,
                "total",
                smallest_cell=metrics.smallest_cell,
                questions=metrics.questions,
            )
            found[place.id] = {score.metric: score for score in metrics.scores(group.counts, level)}
    return found


def write_scores(folder: Path, found: Scores) -> None:
    """One file per metric of FILES; a score that is withheld is empty, one that is bounds has both ends."""
    for name, metric in FILES.items():
        rows = [
            (tp, *map(_cell, (score.value, score.lower, score.upper)))
            for tp, of_place in found.items()
            if (score := of_place.get(metric)) is not None
        ]
        _write(folder / f"{name}.csv", HEAD, rows)


def write_alerts(folder: Path, alerts: Iterable[Raised]) -> None:
    """Touchpoint and time of each, in the order in which they were raised, and what is said of it."""
    rows = (
        (row[0], row[1], *("" if each is None else str(each) for each in row[2:]))
        for row in map(raised_row, alerts)
    )
    _write(folder / "alerts.csv", ("touchpoint", "time", *COLUMNS[2:]), rows)


def write_full_export(folder: Path, done: Analysed, metrics: Catalogue, level: float) -> None:
    """Every metric of every touchpoint, as `tillsight-hub export` writes it."""
    export = Export(
        kind="scores",
        format="csv",
        places=tuple(done.hierarchy.touchpoints.values()),
        period=done.period,
        every="total",
        level=level,
        metrics=metrics,
    )
    with (folder / "scores.csv").open("wb") as file:
        for piece in write_export(done.engine, export):
            file.write(piece)


def _cell(number: float | None) -> str:
    return "" if number is None else repr(number)


def _write(path: Path, head: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(head)
        writer.writerows(rows)
