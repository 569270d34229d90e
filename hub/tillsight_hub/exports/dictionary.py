"""The data dictionary: what every column, metric, status and flag of an export means."""

from collections.abc import Iterable

from ..metrics.counts import FLAGS
from ..metrics.registry import STATUSES, Catalogue
from .columns import EVENT_COLUMNS, SCORE_COLUMNS


def data_dictionary(metrics: Catalogue) -> str:
    """As Markdown tables."""
    tables = (
        (
            "Columns of `--kind scores`",
            ("column", "type", "meaning"),
            [(f"`{column.name}`", column.kind, column.meaning) for column in SCORE_COLUMNS],
        ),
        (
            "Columns of `--kind events`",
            ("column", "type", "meaning"),
            [(f"`{column.name}`", column.kind, column.meaning) for column in EVENT_COLUMNS],
        ),
        (
            "Metrics",
            ("metric", "version", "formula", "interval", "minimum n", "source"),
            [
                (f"`{m.id}`", f"{m.version}", m.formula, m.interval, f"{m.minimum_n or ''}", m.source)
                for m in metrics
            ],
        ),
        ("Status", ("status", "meaning"), [(f"`{word}`", text) for word, text in STATUSES.items()]),
        ("Flags", ("flag", "meaning"), [(f"`{word}`", text) for word, text in FLAGS.items()]),
    )
    return "\n".join(f"### {title}\n\n{_table(head, rows)}" for title, head, rows in tables)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
