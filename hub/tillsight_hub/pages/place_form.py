"""The form of a place: what was typed, read into its model's fields, and what is wrong beside each field."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
    if kind == "touchpoint":
        typed["hours_own"] = "" if hours is None else "yes"
    return PlaceForm(kind, typed)


def typed_in(kind: Kind, form: FormData, id: str | None, taken: Sequence[str]) -> PlaceForm:
    """A form as it came back; an empty id of a new place is made of its name."""
    names = [*MODELS[kind].model_fields, "hours_own", *(f"hours_{day}" for day in WEEKDAYS)]
    typed = {name: str(form.get(name, "")).strip()[:400] for name in names}
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


def _hours(form: PlaceForm, t: Texts) -> dict[str, list[str]]:
    """By weekday; nothing at all where no day has any, which means that they are not known."""
    hours: dict[str, list[str]] = {}
    for day, text in form.week:
        try:
            hours[day] = spans_of(text)
            OpeningHours.parse({day: hours[day]})
        except BadHours as error:
            form.problems[f"hours_{day}"] = t("chain.wrong_hours", text=error.problems[0])
    if form.problems:
        return {}
    try:
        OpeningHours.parse(hours)
    except BadHours as error:
        for problem in error.problems:
            form.problems[f"hours_{problem[:3]}"] = t("chain.wrong_overlap")
    return hours if any(hours.values()) else {}


def _check_zone(form: PlaceForm, t: Texts) -> None:
    try:
        zone(form.typed["tz"])
    except BadZone:
        form.problems["tz"] = t("chain.wrong_tz")
