"""What a page is about: which place, days, weekdays and hours. All of it stands in the page's address."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Literal, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from ..calendar import WEEKDAYS
from ..errors import BadPeriod
from ..hierarchy import Hierarchy, Touchpoint
from ..periods import Bucket, Period, bucket_days
from ..scores.narrowing import Narrowing
from .figures import EN_DASH
from .rendering import Pages

Preset = Literal[
    "today",
    "yesterday",
    "last-7-days",
    "last-28-days",
    "last-90-days",
    "last-365-days",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
]
PRESETS: tuple[Preset, ...] = get_args(Preset)
DEFAULT_PRESET: Preset = "last-28-days"
EARLIEST = "2000-01-01"
"""No till of ours is older; before it dates are typing errors."""
FIELDS = ("period", "first", "last", "weekday", "from_hour", "until_hour", "place")
"""Of an address, in this order."""
DAYS_BY_DAY, DAYS_BY_WEEK = 62, 400
"""Longest periods that are drawn by day and by week."""
MOST_MONTHS = 300
"""Of all touchpoints together, of which a page sums hours: some 10 ms each. Programs may ask for more."""
NUMBER_OF_WEEKDAYS, NUMBER_OF_HOURS = len(WEEKDAYS), 24


@dataclass(frozen=True)
class Choice:
    """A checked choice. Where something was wrong, the default stands in and `problems` says why."""

    period: Period
    preset: Preset | None
    """None where somebody named days."""
    place: str | None = None
    """As asked; whether there is such a place is for the page to say."""
    weekdays: frozenset[int] = frozenset()
    """1 is Monday; empty means all."""
    from_hour: int | None = None
    until_hour: int | None = None
    """From 1 to 24, not included; before `from_hour` where a night is meant. None with `from_hour`: all."""
    others: tuple[tuple[str, str], ...] = ()
    """What else stood in the address, which links and forms keep."""
    typed: Mapping[str, str] | None = None
    """What stood in the fields, where it could not be used."""
    problems: Mapping[str, str] | None = None
    """By field, in words."""
    words: str = ""
    """The choice as people say it: Last 28 days · Mon, Tue · 9:00–12:00."""
    range: str = ""
    """1 Oct – 31 Oct 2026."""
    presets: ClassVar[Sequence[Preset]] = PRESETS

    @property
    def hours(self) -> frozenset[int]:
        """Local hours of the day; empty means all."""
        if self.from_hour is None or self.until_hour is None:
            return frozenset()
        end = self.until_hour if self.until_hour > self.from_hour else self.until_hour + NUMBER_OF_HOURS
        return frozenset(hour % NUMBER_OF_HOURS for hour in range(self.from_hour, end))

    @property
    def narrowing(self) -> Narrowing:
        """The weekdays and hours, as scores are asked for."""
        return Narrowing(self.weekdays, self.hours)

    @property
    def is_narrowed(self) -> bool:
        """Whether some weekdays or hours are left out."""
        return bool(self.weekdays or self.hours)

    @property
    def status(self) -> int:
        """Of the answer that shows the page."""
        return 422 if self.problems else 200

    @property
    def every(self) -> Bucket:
        """Into what parts a line through the period is best cut; hours are told by the month."""
        if self.hours:
            return "month"
        days = (date.fromisoformat(self.period.last) - date.fromisoformat(self.period.first)).days + 1
        return "day" if days <= DAYS_BY_DAY else "week" if days <= DAYS_BY_WEEK else "month"

    def query(self, **instead: str | None) -> str:
        """What follows `?` in an address of this choice, with other values of some fields; None: without."""
        pairs: list[tuple[str, str]] = []
        if self.preset is None:
            pairs += [("first", self.period.first), ("last", self.period.last)]
        elif self.preset != DEFAULT_PRESET:
            pairs.append(("period", self.preset))
        pairs += [("weekday", str(day)) for day in sorted(self.weekdays)]
        if self.hours:
            pairs += [("from_hour", str(self.from_hour)), ("until_hour", str(self.until_hour))]
        if self.place:
            pairs.append(("place", self.place))
        pairs = [pair for pair in (*pairs, *self.others) if pair[0] not in _replaced(instead)]
        pairs += [(name, value) for name, value in instead.items() if value is not None]
        return urlencode(pairs)

    def link(self, path: str, **instead: str | None) -> str:
        """A page about the same choice."""
        query = self.query(**instead)
        return f"{path}?{query}" if query else path


def choose(query: QueryParams, pages: Pages, today: str, default: Preset = DEFAULT_PRESET) -> Choice:
    """What an address asks for. `today` is the business day of now at the places that the page is about.

    `period` names days (`last-28-days`); `first` and `last` are dates, and rule where they are others.
    `weekday` may be given often; `from_hour` and `until_hour` are local hours.
    """
    problems: dict[str, str] = {}
    period, preset = _days(query, pages, today, default, problems)
    weekdays = frozenset(_weekdays(query, pages, problems))
    from_hour, until_hour = _hours(query, pages, problems)
    others = tuple(pair for pair in query.multi_items() if pair[0] not in (*FIELDS, "lang"))
    choice = Choice(
        period,
        preset,
        query.get("place") or None,
        weekdays if len(weekdays) < NUMBER_OF_WEEKDAYS else frozenset(),
        from_hour,
        until_hour,
        others,
        typed={name: query[name] for name in FIELDS if name in query} if problems else None,
        problems=problems or None,
    )
    return replace(choice, words=_words(choice, pages), range=range_of(period, pages))


def days_of(preset: Preset, today: str) -> Period:
    """The days that a name means; those up to now have today in them, which is not over."""
    on = date.fromisoformat(today)
    yesterday = (on - timedelta(days=1)).isoformat()
    match preset:
        case "today":
            return Period(today, today)
        case "yesterday":
            return Period(yesterday, yesterday)
        case "this-week" | "this-month":
            return Period(bucket_days(today, _bucket(preset)).first, today)
        case "last-week" | "last-month":
            begin = date.fromisoformat(bucket_days(today, _bucket(preset)).first)
            return bucket_days((begin - timedelta(days=1)).isoformat(), _bucket(preset))
        case _:
            days = int(preset.split("-")[1])
            return Period((on - timedelta(days=days - 1)).isoformat(), today)


def today_of(places: Iterable[Touchpoint], now: int) -> str:
    """The latest business day at any of the places; ms UTC."""
    days = [place.calendar.business_day(now) for place in places]
    return max(days) if days else date.fromtimestamp(now / 1000).isoformat()  # noqa: DTZ012 - nobody's day


def _words(choice: Choice, pages: Pages) -> str:
    figures, t = pages.figures, pages.t
    parts = [t(f"choosing.{choice.preset}")] if choice.preset else [range_of(choice.period, pages)]
    if choice.weekdays:
        parts.append(", ".join(figures.weekday(day, short=True) for day in sorted(choice.weekdays)))
    if choice.hours:
        parts.append(f"{choice.from_hour}:00{EN_DASH}{choice.until_hour}:00")
    return " · ".join(parts)


def range_of(period: Period, pages: Pages) -> str:
    """1 Oct – 31 Oct 2026."""
    if period.first == period.last:
        return pages.figures.full_date(period.first)
    first, last = pages.figures.short_date(period.first), pages.figures.short_date(period.last)
    years = period.first[:4], period.last[:4]
    begin = first if years[0] == years[1] else f"{first} {years[0]}"
    return f"{begin} {EN_DASH} {last} {years[1]}"


@dataclass(frozen=True)
class PlaceOption:
    """A place to choose, with those above it before it."""

    id: str
    name: str
    depth: int
    """0 for an org, 3 for a touchpoint."""


def place_options(hierarchy: Hierarchy, scope: str | None, *, down_to: int = 3) -> list[PlaceOption]:
    """Every place that lies wholly within the scope, as a tree from top to bottom."""
    seen = hierarchy.within(scope)
    ids = {place.id for place in seen}
    found: list[PlaceOption] = []
    known: set[str] = set()
    for place in seen:
        above: Sequence[tuple[str, str]] = (
            (place.org_id, hierarchy.orgs[place.org_id].name),
            (place.region_id, place.region_name),
            (place.store_id, place.store_name),
            (place.id, place.name),
        )
        for depth, (id, name) in enumerate(above[: down_to + 1]):
            if id not in known and {each.id for each in hierarchy.within(id)} <= ids:
                known.add(id)
                found.append(PlaceOption(id, name, depth))
    return found


def _replaced(instead: Mapping[str, str | None]) -> set[str]:
    """Fields that others take the place of: naming days does away with the name of a period."""
    days = {"period", "first", "last"}
    return {*instead, *(days if days & instead.keys() else ())}


def _bucket(preset: str) -> Bucket:
    return "week" if preset.endswith("week") else "month"


def _days(
    query: QueryParams, pages: Pages, today: str, default: Preset, problems: dict[str, str]
) -> tuple[Period, Preset | None]:
    named = query.get("period", "")
    if named and named not in PRESETS:
        expected = ", ".join(PRESETS)
        problems["period"] = pages.t("choosing.bad_period", value=named[:40], expected=expected)
    first, last = query.get("first", "").strip(), query.get("last", "").strip()
    preset = next((each for each in PRESETS if each == named), default)
    meant = days_of(preset, today)
    if not (first or last) or (named and (first, last) == (meant.first, meant.last)):
        return meant, preset
    latest = (date.fromisoformat(today) + timedelta(days=366)).isoformat()
    for name, text in (("first", first), ("last", last)):
        if text and not _is_day(text, latest):
            problems[name] = pages.t("choosing.bad_day", value=text[:40], earliest=EARLIEST, latest=latest)
    if problems:
        return days_of(default, today), default
    last = last or max(first, today)
    first = first or (date.fromisoformat(last) - timedelta(days=27)).isoformat()
    try:
        return Period.between(first, last), None
    except BadPeriod:
        problems["last"] = pages.t("choosing.bad_order", first=first, last=last)
        return days_of(default, today), default


def _is_day(text: str, latest: str) -> bool:
    try:
        return EARLIEST <= date.fromisoformat(text).isoformat() <= latest
    except ValueError:
        return False


def _weekdays(query: QueryParams, pages: Pages, problems: dict[str, str]) -> list[int]:
    found = []
    for text in query.getlist("weekday"):
        number = _whole(text, lambda number: 1 <= number <= NUMBER_OF_WEEKDAYS)
        if number is None:
            problems["weekday"] = pages.t("choosing.bad_weekday", value=text[:40])
        else:
            found.append(number)
    return found


def _hours(query: QueryParams, pages: Pages, problems: dict[str, str]) -> tuple[int, int] | tuple[None, None]:
    texts = query.get("from_hour", "").strip(), query.get("until_hour", "").strip()
    if not any(texts):
        return None, None
    begin = _whole(texts[0] or "0", lambda hour: 0 <= hour < NUMBER_OF_HOURS)
    end = _whole(texts[1] or str(NUMBER_OF_HOURS), lambda hour: 1 <= hour <= NUMBER_OF_HOURS)
    for name, text, hour in (("from_hour", texts[0], begin), ("until_hour", texts[1], end)):
        if hour is None:
            problems[name] = pages.t(f"choosing.bad_{name}", value=text[:40])
    if begin is None or end is None or begin == end or (begin, end) == (0, NUMBER_OF_HOURS):
        if begin is not None and begin == end:
            problems["until_hour"] = pages.t("choosing.bad_hours", value=begin)
        return None, None
    return begin, end


def _whole(text: str, is_right: Callable[[int], bool]) -> int | None:
    return number if text.isascii() and text.isdigit() and is_right(number := int(text[:4])) else None
