"""The data dictionary: what every column, metric, status, flag, rule and assumption of an export means."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tillsight_models.scales import SCALES

from ..cleaning.rules import DEVICE_RULES, RULES
from ..metrics.counts import FLAGS, Audit, Calibration, Counts
from ..metrics.registry import STATUSES, Catalogue, Metric
from ..tables import RATING_COUNTERS, RAW_COUNTERS
from .columns import EVENT_COLUMNS, SCORE_COLUMNS
from .formats import Columns

Row = tuple[str, ...]

NO_RULES: dict[str, str] = {
    "set-aside": "One of the rules that are set so holds: the press is in the raw numbers only.",
    "uncovered": "The contact counter could not see: a response, but in no number per contact.",
}
"""Labels that no rule of their own gives."""


@dataclass(frozen=True)
class Assumed:
    """An assumption under which a metric is a range instead of a value."""

    metric: str
    text: str


def data_dictionary(metrics: Catalogue) -> str:
    """As Markdown tables."""
    tables: tuple[tuple[str, Row, Iterable[Row]], ...] = (
        ("Columns of `--kind scores`", *_columns(SCORE_COLUMNS)),
        ("Columns of `--kind events`", *_columns(EVENT_COLUMNS)),
        (
            "Metrics",
            ("metric", "version", "unit", "formula", "made of", "interval", "minimum n", "source"),
            map(_metric, metrics),
        ),
        ("Status", ("status", "meaning"), [(f"`{word}`", text) for word, text in STATUSES.items()]),
        ("Flags", ("flag", "meaning"), [(f"`{word}`", text) for word, text in FLAGS.items()]),
        ("Labels", ("label", "version of its rule", "given to a press"), _labels()),
        (
            "Assumptions",
            ("metric", "`assumption`"),
            [(f"`{assumed.metric}`", assumed.text) for assumed in assumptions(metrics)],
        ),
    )
    return "\n".join(f"### {title}\n\n{_table(head, rows)}" for title, head, rows in tables)


def assumptions(metrics: Iterable[Metric]) -> Iterator[Assumed]:
    """What the metrics say they assume, when they are asked about an example."""
    for metric in metrics:
        for scale in filter(metric.applies, SCALES.values()):
            text = metric.score(_example(scale.id)).assumption
            if text:
                yield Assumed(metric.id, text)
                break


def _example(scale_id: str) -> Counts:
    """Enough of everything that a number of answers or of people served needs."""
    scale = SCALES[scale_id]
    audit = Audit(90, 100)
    row = dict.fromkeys((*RATING_COUNTERS[: scale.ratings], *RAW_COUNTERS[: scale.ratings]), 50)
    return Counts.from_rollup(
        row | {"events": 9000, "presses": 50 * scale.ratings, "contacts_camera": 8000},
        scale,
        "camera",
        Calibration(precision=audit, recall=audit),
    )


def _columns(columns: Columns) -> tuple[Row, list[Row]]:
    head = ("column", "type", "unit", "meaning", "empty")
    return head, [
        (f"`{column.name}`", column.kind, column.unit, column.meaning, column.empty) for column in columns
    ]


def _metric(metric: Metric) -> Row:
    return (
        f"`{metric.id}`",
        f"{metric.version}",
        metric.unit,
        metric.formula,
        ", ".join(metric.inputs),
        metric.interval,
        f"{metric.minimum_n or ''}",
        metric.source,
    )


def _labels() -> Iterator[Row]:
    for rule in (*DEVICE_RULES, *RULES):
        yield f"`{rule.id}`", f"{rule.version}", rule.sentence
    for label, sentence in NO_RULES.items():
        yield f"`{label}`", "", sentence


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', '∣') for cell in line)} |\n" for line in lines)
