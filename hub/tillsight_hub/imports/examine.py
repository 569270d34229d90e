"""Examine a file: read every row, and say what storing it would do. Nothing is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Connection, select

from ..hierarchy import Touchpoint, read_hierarchy
from ..tables import CONTACT_COUNTERS, rollup_day
from .csv_file import CsvFile
from .kinds import Kind
from .plan import ImportPlan
from .problems import BadRow
from .report import Report, Total
from .rows import Row, RowReader
from .survey import Survey, survey

Progress = Callable[[str, int, int], None]
"""Told what is being done, rows so far, and rows in all (0: not known)."""


@dataclass(frozen=True)
class Examined:
    """A file that was looked at, ready to be stored."""

    file: CsvFile
    plan: ImportPlan
    survey: Survey
    report: Report
    now: int
    """ms UTC: what lay in the future then."""

    def rows(self, touchpoints: dict[str, Touchpoint]) -> Iterator[Row]:
        """Its good rows."""
        reader = RowReader(self.survey.plan, self.file.header, touchpoints, self.now, self.survey.repeated)
        for line in self.file.lines():
            try:
                yield reader.read(line)
            except BadRow:
                continue


@dataclass
class _Days:
    """On which business days each touchpoint has rows."""

    places: dict[str, Touchpoint] = field(default_factory=dict)
    days: dict[str, set[str]] = field(default_factory=dict)


def examine(
    connection: Connection, file: CsvFile, plan: ImportPlan, now: int, progress: Progress = lambda *_: None
) -> Examined:
    """BadConfig where the plan does not fit the file; else the report has every row's problem."""
    plan = plan.checked(file)
    stream = plan.stream(file)
    progress("looking", 0, 0)
    found = survey(file, plan)
    report = _report(file, found.plan, stream)
    touchpoints = read_hierarchy(connection).touchpoints
    reader = RowReader(found.plan, file.header, touchpoints, now, found.repeated)
    seen = _Days()
    for line in file.lines():
        report.rows += 1
        progress("examining", report.rows, found.rows)
        try:
            _count(report, seen, reader.read(line))
        except BadRow as error:
            report.error(error.problem, line.number, str(error))
    zones = {place.calendar.tz for place in seen.places.values()}
    report.zones = [found.plan.tz] if found.plan.tz else sorted(zones)
    _note_gaps(report, seen)
    _note_stored(connection, report, seen, plan.kind)
    return Examined(file, plan, found, report, now)


def _report(file: CsvFile, plan: ImportPlan, stream: str) -> Report:
    return Report(
        file=file.name,
        kind=plan.kind,
        stream=stream,
        form=file.form + (f", decimal {plan.decimal}" if plan.decimal else ""),
        columns=dict(plan.columns),
        unused=[column for column in file.header if column and column not in plan.columns],
        hourly=plan.hourly,
        zones=[],
    )


def _count(report: Report, seen: _Days, row: Row) -> None:
    report.good += 1
    report.events += row.events
    for note in row.notes:
        report.note(note, f"line {row.number}")
    day = row.place.calendar.business_day(row.t)
    total = report.totals.setdefault(row.place.id, {}).setdefault(day[:7], Total())
    total.rows += 1
    total.units += row.units
    total.events += row.events
    seen.places[row.place.id] = row.place
    seen.days.setdefault(row.place.id, set()).add(day)


def _note_gaps(report: Report, seen: _Days) -> None:
    for id, days in sorted(seen.days.items()):
        calendar = seen.places[id].calendar
        missing = [day for day in _between(min(days), max(days)) if day not in days]
        missing = [day for day in missing if calendar.open_minutes(day)]
        if missing:
            report.note("gap", f"{id}: {_some(missing)}", len(missing))


def _note_stored(connection: Connection, report: Report, seen: _Days, kind: Kind) -> None:
    """What is there already would be counted twice."""
    for id, days in sorted(seen.days.items()):
        counter = _counter(kind, seen.places[id])
        if counter is None:
            continue
        query = select(rollup_day.c.day).where(
            rollup_day.c.tp == id,
            rollup_day.c.day.between(min(days), max(days)),
            rollup_day.c[counter] > 0,
        )
        stored = sorted(days & set(connection.scalars(query)))
        if stored:
            report.note("stored-already", f"{id}: {_some(stored)}", len(stored))


def _counter(kind: Kind, place: Touchpoint) -> str | None:
    own = CONTACT_COUNTERS.get(place.contact_source or "")
    counters: dict[Kind, str | None] = {
        "votes": "presses",
        "contacts": own,
        "sales": "receipts",
        "visitors": "visitors_in",
        "audits": None,
    }
    return counters[kind]


def _some(days: list[str]) -> str:
    more = f" and {len(days) - 3} more days" if len(days) > 3 else ""
    return ", ".join(days[:3]) + more


def _between(first: str, last: str) -> Iterator[str]:
    day, end = date.fromisoformat(first), date.fromisoformat(last)
    while day <= end:
        yield day.isoformat()
        day += timedelta(days=1)
