"""From a line of the file to the events that it becomes, or to what is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, get_args
from zoneinfo import ZoneInfo

from tillsight_models.errors import BadScale
from tillsight_models.events import (
    ButtonPressed,
    ContactEnded,
    ContactSource,
    CounterAudited,
    Payload,
    SalesReported,
    TrafficCounted,
)
from tillsight_models.scales import Scale, scale

from ..calendar import PlaceCalendar
from ..clocks import EARLIEST_MS
from ..hierarchy import Touchpoint
from ..ingest.checks import MAX_AMOUNT
from ..periods import hour_bounds
from .csv_file import Line
from .kinds import BUTTON_COUNTS
from .moments import Moment, read_moment, read_parts
from .origin import EXACT_BOOT, HOURLY_BOOT
from .plan import ImportPlan
from .problems import BadRow
from .values import decimal, flag, whole

MOST_AN_HOUR = 20_000
"""Votes or contacts of one row: more than five a second is a wrong column."""
MOST_PEOPLE = 100
"""Of one contact event."""
MINOR_UNITS = 100
ENTRANCE = "import"
"""Of visitors: which door they took, the file does not say."""


class Times(NamedTuple):
    """A payload and how many events of it."""

    payload: Payload
    number: int


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
        payloads = tuple(self._payloads(cells, place, t))
        notes += self._notes(place)
        if not place.calendar.is_open(t):
            notes += ("closed",)
        boot = HOURLY_BOOT if self._hourly else EXACT_BOOT
        return Row(line.number, place, t, boot, payloads, _units(payloads), notes)

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
    def _counts(self) -> tuple[str, ...]:
        return tuple(name for name in BUTTON_COUNTS if name in self._at)

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
        """The lines with the same key before this one."""
        key = self.key(line)
        if hash(key) not in self.repeated:
            return []
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

    # --- What ------------------------------------------------------------------------------------------

    def _payloads(self, cells: Mapping[str, str], place: Touchpoint, t: int) -> Iterator[Times]:
        match self.plan.kind:
            case "votes":
                yield from self._votes(cells, place)
            case "contacts":
                yield from self._contacts(cells, place)
            case "sales":
                yield Times(self._sales(cells, place, t), 1)
            case "visitors":
                yield Times(self._visitors(cells, place, t), 1)
            case "audits":
                yield Times(self._audit(cells, place), 1)

    def _votes(self, cells: Mapping[str, str], place: Touchpoint) -> Iterator[Times]:
        own = scale(self.plan.scale) if self.plan.scale else place.scale
        misuse = flag("misuse", cells.get("misuse", ""))
        for name in self._counts:
            number = whole(name, cells[name], self.plan.decimal, MOST_AN_HOUR)
            if number:
                yield Times(self._press(own, int(name.removeprefix("count_")), misuse), number)
        number = whole("count", cells["count"], self.plan.decimal, MOST_AN_HOUR) if "count" in cells else 1
        if "button" in cells:
            press = self._press(own, whole("button", _needed(cells, "button"), None), misuse)
        elif "rating" in cells:
            press = self._rated(own, whole("rating", _needed(cells, "rating"), None), misuse)
        else:
            return
        if number:
            yield Times(press, number)

    def _press(self, own: Scale, theirs: int, misuse: bool) -> ButtonPressed:
        button = theirs - self.plan.first_button + 1
        try:
            rating = own.rating(button, is_reversed=self.plan.best_first)
        except BadScale:
            first, last = self.plan.first_button, self.plan.first_button + own.ratings - 1
            raise BadRow("button", f"button {theirs}: scale {own.id} has {first} to {last}") from None
        return ButtonPressed(button=button, rating=rating, scale=own.id, labels=["repeat"] if misuse else [])

    def _rated(self, own: Scale, rating: int, misuse: bool) -> ButtonPressed:
        if not 1 <= rating <= own.ratings:
            raise BadRow("button", f"rating {rating}: scale {own.id} has 1 to {own.ratings}")
        button = own.rating(rating, is_reversed=self.plan.best_first)
        return ButtonPressed(button=button, rating=rating, scale=own.id, labels=["repeat"] if misuse else [])

    def _contacts(self, cells: Mapping[str, str], place: Touchpoint) -> Iterator[Times]:
        source = self._source(place)
        if "count" in cells:
            tens, rest = divmod(whole("count", cells["count"], self.plan.decimal, MOST_AN_HOUR), MOST_PEOPLE)
            for people, number in ((MOST_PEOPLE, tens), (rest, 1)):
                if people and number:
                    yield Times(ContactEnded(source=source, dwell_s=0, people=people), number)
            return
        people = whole("people", cells["people"], self.plan.decimal, MOST_PEOPLE) if "people" in cells else 1
        dwell_s = self._number(cells, "dwell_s", 864_000)
        if people:
            yield Times(ContactEnded(source=source, dwell_s=float(dwell_s), people=people), 1)

    def _sales(self, cells: Mapping[str, str], place: Touchpoint, t: int) -> SalesReported:
        amount = None
        if cells.get("amount"):
            amount = round(decimal("amount", cells["amount"], self.plan.decimal) * MINOR_UNITS)
            if amount > MAX_AMOUNT:
                raise BadRow("number", f"amount: {cells['amount']!r}: too large")
        currency = cells.get("currency") or None
        if currency is not None and not (currency.isascii() and currency.isupper() and len(currency) == 3):
            raise BadRow("currency", f"currency: {currency[:40]!r}: expected three letters such as EUR")
        if currency is not None and not currency.isalpha():
            raise BadRow("currency", f"currency: {currency[:40]!r}: expected three letters such as EUR")
        if "receipts" not in cells:
            return SalesReported(period_s=0.0, receipts=1, amount=amount, currency=currency)
        receipts = whole("receipts", cells["receipts"], self.plan.decimal, MOST_AN_HOUR)
        return SalesReported(
            period_s=_since_the_hour(place, t), receipts=receipts, amount=amount, currency=currency
        )

    def _visitors(self, cells: Mapping[str, str], place: Touchpoint, t: int) -> TrafficCounted:
        entered, left = (
            whole(name, cells.get(name, ""), self.plan.decimal, MOST_AN_HOUR) for name in ("entered", "left")
        )
        period_s = _since_the_hour(place, t)
        return TrafficCounted(entrance=ENTRANCE, period_s=period_s, entered=entered, left=left)

    def _audit(self, cells: Mapping[str, str], place: Touchpoint) -> CounterAudited:
        names = ("counted", "observed", "matched", "pressers_observed", "pressers_matched")
        found = {name: whole(name, cells.get(name, ""), self.plan.decimal) for name in names}
        if found["matched"] > min(found["counted"], found["observed"]):
            raise BadRow("audit", f"matched {found['matched']}: more than were counted or observed")
        if found["pressers_matched"] > found["pressers_observed"]:
            raise BadRow("audit", "pressers_matched: more than pressers_observed")
        if found["pressers_observed"] > found["observed"] or found["pressers_matched"] > found["matched"]:
            raise BadRow("audit", "pressers_observed or pressers_matched: more than observed or matched")
        minutes = self._number(cells, "minutes", 14_400)
        return CounterAudited(period_s=float(minutes * 60), source=self._source(place), camera=None, **found)

    def _number(self, cells: Mapping[str, str], name: str, most: int) -> Decimal:
        number = decimal(name, cells[name], self.plan.decimal) if cells.get(name) else Decimal(0)
        if number > most:
            raise BadRow("number", f"{name}: {cells[name]!r}: expected at most {most}")
        return number

    def _source(self, place: Touchpoint) -> ContactSource:
        """What counted; `manual` where the touchpoint has nothing that counts."""
        chosen = self.plan.source or place.contact_source
        return next((source for source in get_args(ContactSource) if source == chosen), "manual")

    def _notes(self, place: Touchpoint) -> tuple[str, ...]:
        if self.plan.kind == "votes":
            return ("other-scale",) if self.plan.scale not in (None, place.scale.id) else ()
        if self.plan.kind == "visitors":
            return ()
        counts = self._source(place) if self.plan.kind != "sales" else place.contact_source
        return ("other-source",) if counts != place.contact_source else ()


def _needed(cells: Mapping[str, str], name: str) -> str:
    if not cells[name]:
        raise BadRow("number", f"{name}: is empty")
    return cells[name]


def _since_the_hour(place: Touchpoint, t: int) -> float:
    """Seconds of the local hour until the end of its opening time."""
    return (t + 1) / 1000 - place.calendar.hour_start(t)


_MANY = ("people", "receipts", "entered")


def _units(payloads: tuple[Times, ...]) -> int:
    """Contacts, receipts and visitors may be many in one event."""
    return sum(
        number * next((int(getattr(payload, name)) for name in _MANY if hasattr(payload, name)), 1)
        for payload, number in payloads
    )


def _end_of_opening(calendar: PlaceCalendar, hour: int) -> int:
    start, end = hour_bounds(calendar, hour)
    days = {calendar.business_day(start), calendar.business_day(end - 1)}
    spans = [span for day in days for span in calendar.open_intervals(day)]
    ends = [min(closes, end) for opens, closes in spans if opens < end and closes > start]
    return max(ends, default=end) - 1
