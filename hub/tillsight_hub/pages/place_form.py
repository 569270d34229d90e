"""The form of a place: what was typed, read into its model's fields, and what is wrong beside each field."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from starlette.datastructures import FormData

from tillsight_models.errors import BadConfig
from tillsight_models.events import SLUG_PATTERN

from ..calendar import DAY_MINUTES, WEEKDAYS, OpeningHours, zone
from ..chain.places import MODELS, PARENTS, Kind
from ..errors import BadHours, BadZone
from .telling import known, say, tell
from .texts import Texts

DATES = ("opened", "closed", "review_due")
LONGEST_DAYS, MOST_DAYS = 20_000, 400
"""Characters of all special days, and days of one line."""
CLOSED = ("", "closed", "chiuso", "-", "–")
_A_DAY = r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{4}"
_DAYS = re.compile(rf"(?P<first>{_A_DAY})(?:\s*(?:-|–|\.\.)\s*(?P<last>{_A_DAY}))?\s*:?\s*(?P<hours>.*)")
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?")


@dataclass
class PlaceForm:
    """What the page shows in the fields of one place."""

    kind: Kind
    typed: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    """By field; under "" what belongs to none."""

    @property
    def week(self) -> list[tuple[str, str]]:
        """Weekday and its opening times as typed."""
        return [(day, self.typed.get(f"hours_{day}", "")) for day in WEEKDAYS]

    def keep(self, before: "PlaceForm", told: Collection[str]) -> None:
        """Fields that a file says are not typed over."""
        for name in self.typed:
            if (name if not name.startswith("hours_") else "opening_hours") in told:
                self.typed[name] = before.typed.get(name, "")

    def spans(self, day: str) -> list[tuple[float, float]]:
        """Start and width of a weekday's opening in percent of 30 hours; what is not readable is left out."""
        try:
            week = OpeningHours.parse({day: spans_of(self.typed.get(f"hours_{day}", ""))}).week
        except BadHours:
            return []
        spans = week[WEEKDAYS.index(day)] if week else ()
        whole = DAY_MINUTES * 1.25
        return [(round(100 * a / whole, 2), round(100 * (min(b, whole) - a) / whole, 2)) for a, b in spans]


def filled(kind: Kind, values: Mapping[str, Any]) -> PlaceForm:
    """A form with a place's own fields."""
    typed = {
        name: "" if value is None else str(value) for name, value in values.items() if name != "opening_hours"
    }
    hours = values.get("opening_hours")
    typed |= {f"hours_{day}": ", ".join((hours or {}).get(day, ())) for day in WEEKDAYS}
    typed["hours_days"] = lines_of(hours or {})
    if kind == "touchpoint":
        typed["hours_own"] = "" if hours is None else "yes"
    return PlaceForm(kind, typed)


def typed_in(kind: Kind, form: FormData, id: str | None, taken: Sequence[str]) -> PlaceForm:
    """A form as it came back; an empty id of a new place is made of its name."""
    names = [*MODELS[kind].model_fields, "hours_own", *(f"hours_{day}" for day in WEEKDAYS)]
    typed = {name: str(form.get(name, "")).strip()[:400] for name in names}
    typed["hours_days"] = str(form.get("hours_days", "")).replace("\r\n", "\n").strip()[:LONGEST_DAYS]
    typed["id"] = id or typed["id"] or slug_of(typed["name"], taken)
    return PlaceForm(kind, typed)


def values_of(form: PlaceForm, t: Texts) -> dict[str, Any]:
    """The model's fields; what cannot be read is a problem beside its field."""
    typed = form.typed
    values: dict[str, Any] = {name: typed[name] or None for name in MODELS[form.kind].model_fields}
    values["name"] = typed["name"]
    if not re.fullmatch(SLUG_PATTERN, typed["id"]):
        form.problems["id"] = t("chain.wrong_id")
    if form.kind != "device" and not 1 <= len(typed["name"]) <= 200:
        form.problems["name"] = t("chain.wrong_name")
    if form.kind == "store":
        _check_zone(form, t)
        values["language"] = typed["language"] or "en"
        values["opening_hours"] = _hours(form, t)
    if form.kind == "touchpoint":
        values["opening_hours"] = _hours(form, t) if typed["hours_own"] else None
        values["scale"] = typed["scale"] or "smiley-4"
    return values


def explain(form: PlaceForm, error: BadConfig, t: Texts) -> None:
    """Put what a model or the hierarchy refused beside its field, in words where there are some."""
    for line in error.problems:
        problem = known(line)
        where = problem.where if problem else line.partition(": ")[0]
        message = say(t, problem) if problem else line
        if where in DATES:
            message = t("chain.wrong_date")
        elif "is before opened" in line:
            where, message = "closed", t("chain.wrong_order")
        elif "the hub has a" in line:
            where, message = "id", t("chain.wrong_taken", id=form.typed["id"])
        elif "is not in the hub" in line:
            where, message = PARENTS[form.kind], t("chain.wrong_parent")
        is_here = where in form.typed
        form.problems.setdefault(where if is_here else "", message if is_here else tell(t, line))


def slug_of(name: str, taken: Sequence[str]) -> str:
    """An id made of a name: "Till 1, Café" gives till-1-cafe; with a number behind it where that is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:36].strip("-")
    if not slug:
        return ""
    numbered = (f"{slug}-{n}" for n in range(2, len(taken) + 3))
    return next(each for each in (slug, *numbered) if each not in taken)


def spans_of(text: str) -> list[str]:
    """Opening times as people write them, "9-13, 15:00-21.30", in the form of the tables.

    BadHours names what is no span.
    """
    found = []
    for part in filter(None, (part.strip() for part in re.split(r"[,;/]|\band\b|\be\b", text))):
        span = _SPAN.fullmatch(part)
        if span is None:
            raise BadHours([part])
        hours = (span[1], span[2] or "00", "00" if span[3] == "24" else span[3], span[4] or "00")
        found.append("{:0>2}:{}-{:0>2}:{}".format(*hours))
    return found


def lines_of(hours: Mapping[str, Sequence[str]]) -> str:
    """Special days as people type them, a line each; days in a row that are alike share one."""
    rows: list[tuple[str, str, str]] = []
    for day, spans in sorted((day, spans) for day, spans in hours.items() if day not in WEEKDAYS):
        text = ", ".join(spans)
        if rows and rows[-1][2] == text and _next(rows[-1][1]) == day:
            rows[-1] = rows[-1][0], day, text
        else:
            rows.append((day, day, text))
    return "\n".join(
        f"{first if first == last else f'{first} – {last}'}: {text}".rstrip(": ")
        for first, last, text in rows
    )


def days_of(text: str) -> dict[str, list[str]]:
    """Special days from lines such as `2026-12-24: 9-13`, `25/12/2026 closed`, `2026-08-10 - 2026-08-20`.

    BadHours names the line that is none.
    """
    days: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        found = _DAYS.fullmatch(line)
        if found is None:
            raise BadHours([line])
        try:
            first = _date(found["first"])
            last = _date(found["last"]) if found["last"] else first
            spans = [] if found["hours"].lower() in CLOSED else spans_of(found["hours"])
        except (ValueError, BadHours):
            raise BadHours([line]) from None
        if not 0 <= (last - first).days < MOST_DAYS:
            raise BadHours([line])
        for ahead in range((last - first).days + 1):
            days[(first + timedelta(days=ahead)).isoformat()] = spans
    return days


def _date(text: str) -> date:
    """2026-12-25, or the day first as most of Europe writes it; ValueError."""
    if text[4:5] == "-":
        return date.fromisoformat(text)
    day, month, year = map(int, re.split(r"[./]", text))
    return date(year, month, day)


def _next(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _special(form: PlaceForm, t: Texts) -> dict[str, list[str]]:
    try:
        return days_of(form.typed["hours_days"])
    except BadHours as error:
        form.problems["hours_days"] = t("chain.wrong_days", text=error.problems[0][:80])
        return {}


def _hours(form: PlaceForm, t: Texts) -> dict[str, list[str]]:
    """By weekday; no weekday at all where none has any, which means that they are not known. Then by date."""
    special = _special(form, t)
    hours: dict[str, list[str]] = {}
    for day, text in form.week:
        try:
            hours[day] = spans_of(text)
            OpeningHours.parse({day: hours[day]})
        except BadHours as error:
            form.problems[f"hours_{day}"] = t("chain.wrong_hours", text=error.problems[0])
    if form.problems:
        return {}
    found = (hours if any(hours.values()) else {}) | special
    try:
        OpeningHours.parse(found)
    except BadHours as error:
        for problem in error.problems:
            field = problem[:3] if problem[:3] in WEEKDAYS else "days"
            form.problems[f"hours_{field}"] = t("chain.wrong_overlap")
    return found


def _check_zone(form: PlaceForm, t: Texts) -> None:
    try:
        zone(form.typed["tz"])
    except BadZone:
        form.problems["tz"] = t("chain.wrong_tz")
