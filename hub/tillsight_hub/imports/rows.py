"""From a line of the file to the events that it becomes, or to what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from ..calendar import PlaceCalendar
from ..hierarchy import Touchpoint
from ..ingest.clocks import EARLIEST_MS
from ..periods import hour_bounds
from .csv_file import Line
from .moments import Moment, read_moment, read_parts
from .origin import EXACT_BOOT, HOURLY_BOOT
from .payloads import PayloadReader, Times, units_of
from .plan import ImportPlan
from .problems import BadRow


@dataclass(frozen=True)
class Row:
    """A good line."""

    number: int
    place: Touchpoint
    t: int
    """ms UTC; of a count per hour the last moment of the hour's opening time."""
    boot: str
    payloads: tuple[Times, ...]
    units: int
    """Votes, contacts, receipts, visitors or audits."""
    notes: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        return sum(number for _, number in self.payloads)


@dataclass
class RowReader:
    """Reads the lines of one file in their order."""

    plan: ImportPlan
    header: tuple[str, ...]
    touchpoints: Mapping[str, Touchpoint]
    now: int
    """ms UTC"""
    repeated: frozenset[int] = frozenset()
    """Hashes of the keys that come more than once."""
    _first: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    """Of the repeated keys: the lines on which they were."""
    _ends: dict[tuple[int, int], int] = field(default_factory=dict)

    def read(self, line: Line) -> Row:
        """The row; BadRow where it is not stored."""
        if len(line.cells) != len(self.header):
            raise BadRow("fields", f"{len(line.cells)} fields, the header has {len(self.header)}")
        cells = self._cells(line)
        place = self._place(cells)
        t, notes = self._when(cells, place, line)
        payloads = tuple(self._payloads.read(cells, place, t))
        notes += self._payloads.notes(place)
        if not place.calendar.is_open(t):
            notes += ("closed",)
        boot = HOURLY_BOOT if self._hourly else EXACT_BOOT
        return Row(line.number, place, t, boot, payloads, units_of(payloads), notes)

    def key(self, line: Line) -> tuple[str, ...]:
        """What must not come twice: the other system's number of the row, or an hour's touchpoint and button;
        else all that is mapped."""
        if len(line.cells) != len(self.header):
            return ("", str(line.number))
        return tuple(line.cells[at] for at in self._key_columns)

    @cached_property
    def keyed(self) -> bool:
        """Whether a key that comes twice is surely a duplicate."""
        return self._hourly or "id" in self._at

    @cached_property
    def _hourly(self) -> bool:
        return self.plan.hourly

    @cached_property
    def _payloads(self) -> PayloadReader:
        return PayloadReader(self.plan)

    @cached_property
    def _at(self) -> dict[str, int]:
        """Field to the number of its column."""
        return {name: self.header.index(column) for column, name in self.plan.columns.items()}

    @cached_property
    def _key_columns(self) -> tuple[int, ...]:
        if "id" in self._at:
            return (self._at["id"],)
        if self._hourly:
            names = ("touchpoint", "time", "date", "clock", "button", "rating", "misuse", "currency")
            return tuple(self._at[name] for name in names if name in self._at)
        return tuple(self._at.values())

    def _cells(self, line: Line) -> dict[str, str]:
        return {name: line.cells[at] for name, at in self._at.items()}

    # --- Where and when --------------------------------------------------------------------------------

    def _place(self, cells: Mapping[str, str]) -> Touchpoint:
        theirs = self.plan.touchpoint or cells["touchpoint"]
        ours = self.plan.touchpoint_map.get(theirs, theirs)
        place = self.touchpoints.get(ours)
        if place is None:
            raise BadRow("touchpoint", f"touchpoint: {theirs[:60]!r}: no touchpoint has this id")
        return place

    def _when(self, cells: Mapping[str, str], place: Touchpoint, line: Line) -> tuple[int, tuple[str, ...]]:
        moment = self._moment(cells, place)
        again = self._times_before(line)
        notes: tuple[str, ...] = ()
        t = moment.t
        if moment.second is not None:
            notes += ("ambiguous",)
            if self._hourly and again and "id" not in self._at:
                t, again = moment.second, again[1:]
        if again and self.keyed:
            what = "id" if "id" in self._at else "hour"
            raise BadRow("duplicate", f"the same {what} as on line {again[0]}")
        notes += ("alike",) if again else ()
        if t < EARLIEST_MS:
            raise BadRow("too-old", f"{self._said(cells)}: expected 2020 or later")
        t = self._end_of_hour(place.calendar, t) if self._hourly else t
        if t > self.now:
            raise BadRow("future", f"{self._said(cells)}: lies in the future")
        return t, notes

    def _moment(self, cells: Mapping[str, str], place: Touchpoint) -> Moment:
        zone = self._zone or ZoneInfo(place.calendar.tz)
        if "time" in cells:
            return read_moment(cells["time"], self.plan.dates, zone)
        return read_parts(cells["date"], cells["clock"], self.plan.dates, zone)

    @cached_property
    def _zone(self) -> ZoneInfo | None:
        return ZoneInfo(self.plan.tz) if self.plan.tz else None

    def _times_before(self, line: Line) -> list[int]:
        """The lines with this key before this one; of rows that may be alike only that there is one."""
        key = self.key(line)
        if hash(key) not in self.repeated:
            return []
        if not self.keyed:
            return [0]
        lines = self._first.setdefault(key, [])
        before = lines[:2]
        if len(lines) < 2:
            lines.append(line.number)
        return before

    def _end_of_hour(self, calendar: PlaceCalendar, t: int) -> int:
        """The last millisecond of the local hour's opening time, or of the hour where it is closed."""
        hour = calendar.hour_start(t)
        found = self._ends.get((id(calendar), hour))
        if found is None:
            found = self._ends[id(calendar), hour] = _end_of_opening(calendar, hour)
        return found

    @staticmethod
    def _said(cells: Mapping[str, str]) -> str:
        return repr(cells.get("time", f"{cells.get('date')} {cells.get('clock')}")[:40])


def _end_of_opening(calendar: PlaceCalendar, hour: int) -> int:
    start, end = hour_bounds(calendar, hour)
    days = {calendar.business_day(start), calendar.business_day(end - 1)}
    spans = [span for day in days for span in calendar.open_intervals(day)]
    ends = [min(closes, end) for opens, closes in spans if opens < end and closes > start]
    return max(ends, default=end) - 1
