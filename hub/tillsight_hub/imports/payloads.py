"""The payloads of a row: what the events say that it becomes, or what is wrong with its values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, get_args

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

from ..hierarchy import Touchpoint
from ..ingest.checks import MAX_AMOUNT
from .kinds import BUTTON_COUNTS
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


Cells = Mapping[str, str]
"""Field to text."""


@dataclass(frozen=True)
class PayloadReader:
    """Reads the values of one file's rows."""

    plan: ImportPlan

    @cached_property
    def _button_counts(self) -> tuple[str, ...]:
        """Always in one order: an event's number is its place in the file."""
        return tuple(name for name in BUTTON_COUNTS if name in self.plan.columns.values())

    def read(self, cells: Cells, place: Touchpoint, t: int) -> Iterator[Times]:
        """What a row becomes; BadRow where a value is wrong."""
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

    def _votes(self, cells: Cells, place: Touchpoint) -> Iterator[Times]:
        own = scale(self.plan.scale) if self.plan.scale else place.scale
        misuse = flag("misuse", cells.get("misuse", ""))
        for name in self._button_counts:
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

    def _contacts(self, cells: Cells, place: Touchpoint) -> Iterator[Times]:
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

    def _sales(self, cells: Cells, place: Touchpoint, t: int) -> SalesReported:
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

    def _visitors(self, cells: Cells, place: Touchpoint, t: int) -> TrafficCounted:
        entered, left = (
            whole(name, cells.get(name, ""), self.plan.decimal, MOST_AN_HOUR) for name in ("entered", "left")
        )
        period_s = _since_the_hour(place, t)
        return TrafficCounted(entrance=ENTRANCE, period_s=period_s, entered=entered, left=left)

    def _audit(self, cells: Cells, place: Touchpoint) -> CounterAudited:
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

    def _number(self, cells: Cells, name: str, most: int) -> Decimal:
        number = decimal(name, cells[name], self.plan.decimal) if cells.get(name) else Decimal(0)
        if number > most:
            raise BadRow("number", f"{name}: {cells[name]!r}: expected at most {most}")
        return number

    def _source(self, place: Touchpoint) -> ContactSource:
        """What counted; `manual` where the touchpoint has nothing that counts."""
        chosen = self.plan.source or place.contact_source
        return next((source for source in get_args(ContactSource) if source == chosen), "manual")

    def notes(self, place: Touchpoint) -> tuple[str, ...]:
        """What is worth saying of all rows of a touchpoint."""
        if self.plan.kind == "votes":
            return ("other-scale",) if self.plan.scale not in (None, place.scale.id) else ()
        if self.plan.kind == "visitors":
            return ()
        counts = self._source(place) if self.plan.kind != "sales" else place.contact_source
        return ("other-source",) if counts != place.contact_source else ()


def _needed(cells: Cells, name: str) -> str:
    if not cells[name]:
        raise BadRow("number", f"{name}: is empty")
    return cells[name]


def _since_the_hour(place: Touchpoint, t: int) -> float:
    """Seconds of the local hour until the end of its opening time."""
    return (t + 1) / 1000 - place.calendar.hour_start(t)


_MANY = ("people", "receipts", "entered")


def units_of(payloads: tuple[Times, ...]) -> int:
    """How many votes, contacts and so on; contacts, receipts and visitors may be many in one event."""
    return sum(
        number * next((int(getattr(payload, name)) for name in _MANY if hasattr(payload, name)), 1)
        for payload, number in payloads
    )
