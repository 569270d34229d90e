"""The quality report: what a file holds, what is wrong with it, and what storing it would store."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .problems import ERRORS, NOTES

EXAMPLES = 5
"""Lines that are named for each problem."""


@dataclass
class Finding:
    """One kind of problem or remark."""

    rows: int = 0
    """How many rows; days of touchpoints for `gap` and `stored-already`."""
    examples: list[str] = field(default_factory=list)

    def add(self, example: str, rows: int = 1) -> None:
        self.rows += rows
        if len(self.examples) < EXAMPLES:
            self.examples.append(example)


@dataclass
class Total:
    """What one touchpoint has in one month."""

    rows: int = 0
    units: int = 0
    """Votes, contacts, receipts or audits."""
    events: int = 0


@dataclass
class Report:
    """All that one reading of a file found."""

    file: str
    kind: str
    stream: str
    """The import's id."""
    form: str
    """Encoding, delimiter, decimal mark."""
    columns: dict[str, str]
    """Column to field."""
    unused: list[str]
    """Columns that are mapped to nothing."""
    hourly: bool
    zones: list[str]
    """In which local times were read."""
    rows: int = 0
    good: int = 0
    events: int = 0
    errors: dict[str, Finding] = field(default_factory=dict)
    notes: dict[str, Finding] = field(default_factory=dict)
    totals: dict[str, dict[str, Total]] = field(default_factory=dict)
    """By touchpoint and month of the business day."""

    @property
    def bad(self) -> int:
        """Rows with errors."""
        return self.rows - self.good

    def error(self, problem: str, line: int, text: str) -> None:
        """Note an error of a row."""
        self.errors.setdefault(problem, Finding()).add(f"line {line}: {text}")

    def note(self, problem: str, example: str, rows: int = 1) -> None:
        """Note a remark."""
        self.notes.setdefault(problem, Finding()).add(example, rows)

    def as_json(self) -> dict[str, Any]:
        """For the API and the table."""
        return {
            "file": self.file,
            "kind": self.kind,
            "stream": self.stream,
            "form": self.form,
            "columns": self.columns,
            "unused_columns": self.unused,
            "hourly": self.hourly,
            "zones": self.zones,
            "rows": self.rows,
            "rows_good": self.good,
            "rows_with_errors": self.bad,
            "events": self.events,
            "errors": _findings(self.errors, ERRORS),
            "notes": _findings(self.notes, NOTES),
            "totals": [
                {"touchpoint": tp, "month": month, **total.__dict__}
                for tp, months in sorted(self.totals.items())
                for month, total in sorted(months.items())
            ],
        }

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.file}: {self.kind}{' per hour' if self.hourly else ''}; {self.form}"
        yield "columns: " + ", ".join(f"{column} = {name}" for column, name in self.columns.items())
        if self.unused:
            yield "not used: " + ", ".join(self.unused)
        yield f"local times are in {' and '.join(self.zones)}" if self.zones else "no local times"
        yield f"{self.rows:,} rows: {self.good:,} good, {self.bad:,} with errors"
        for title, findings, meanings in (("error", self.errors, ERRORS), ("note", self.notes, NOTES)):
            for problem, found in sorted(findings.items(), key=lambda item: -item[1].rows):
                yield f"{title} {problem} ({found.rows:,}): {meanings[problem]}"
                yield from (f"    {example}" for example in found.examples)
        yield from self._total_lines()

    def _total_lines(self) -> Iterator[str]:
        if not self.totals:
            return
        yield f"{'touchpoint':<24}{'month':<9}{'rows':>12}{self.kind:>12}{'events':>12}"
        for tp, months in sorted(self.totals.items()):
            for month, total in sorted(months.items()):
                yield f"{tp:<24}{month:<9}{total.rows:>12,}{total.units:>12,}{total.events:>12,}"
        units = sum(total.units for months in self.totals.values() for total in months.values())
        yield f"{'all':<33}{self.good:>12,}{units:>12,}{self.events:>12,}"


def _findings(findings: dict[str, Finding], meanings: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"problem": problem, "meaning": meanings[problem], "times": found.rows, "examples": found.examples}
        for problem, found in findings.items()
    ]
