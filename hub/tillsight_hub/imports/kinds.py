"""The kinds of files that can be imported, and the fields that their columns may be mapped to."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from tillsight_models.scales import MAX_RATINGS

Kind = Literal["votes", "contacts", "sales", "visitors", "audits"]

FIELDS: dict[str, str] = {
    "touchpoint": "id of the touchpoint, or a word that the touchpoint map knows",
    "time": "date and time: 2026-03-29T10:15:00, with or without offset; of hourly counts the begin",
    "date": "the date alone, with `clock` beside it",
    "clock": "the time of day alone: 10:15:30, 10:15 or 10",
    "id": "the other system's own number of the row; twice the same is a duplicate",
    "button": "which button, as the other system numbers them",
    "rating": "instead of `button`: 1 is the worst",
    "misuse": "yes where the other system takes it for misuse: it counts in the raw numbers only",
    "count": "how many in that hour; without it every row is one",
    **{f"count_{n}": f"presses of button {n} in that hour" for n in range(MAX_RATINGS + 1)},
    "people": "people of one visit, 1 where there is no such column",
    "dwell_s": "seconds that the visit lasted",
    "receipts": "receipts in that hour; without it every row is one receipt",
    "amount": "sales, in the currency's main unit",
    "currency": "three letters",
    "entered": "visitors who came in, in that hour",
    "left": "visitors who went out, in that hour",
    "counted": "contacts by the counter",
    "observed": "contacts by the person beside it",
    "matched": "contacts of both",
    "pressers_observed": "those of `observed` who pressed a button",
    "pressers_matched": "those of `matched` who pressed a button",
    "minutes": "how long the audit took; `time` is its end",
}
"""Every field and what a column of it holds."""

BUTTON_COUNTS = tuple(f"count_{n}" for n in range(MAX_RATINGS + 1))
WHEN = ("time", "date", "clock")


@dataclass(frozen=True)
class Fields:
    """What a kind of file needs and takes."""

    needs: tuple[tuple[str, ...], ...]
    """Of each group at least one."""
    takes: tuple[str, ...] = ()


KINDS: dict[Kind, Fields] = {
    "votes": Fields((("button", "rating", *BUTTON_COUNTS),), ("misuse", "count")),
    "contacts": Fields((), ("count", "people", "dwell_s")),
    "sales": Fields((("receipts", "amount"),), ("currency",)),
    "visitors": Fields((("entered",),), ("left",)),
    "audits": Fields(
        (("counted",), ("observed",), ("matched",), ("minutes",)), ("pressers_observed", "pressers_matched")
    ),
}


def fields_of(kind: Kind) -> tuple[str, ...]:
    """Every field that a column of such a file may be."""
    own = KINDS[kind]
    return ("touchpoint", *WHEN, "id", *(name for group in own.needs for name in group), *own.takes)


def is_hourly(kind: Kind, fields: Collection[str]) -> bool:
    """Whether the rows are counts per hour, of which nobody knows the moments."""
    if kind == "visitors":
        return True
    if kind == "sales":
        return "receipts" in fields
    return kind != "audits" and any(field in fields for field in ("count", *BUTTON_COUNTS))


def lacking(kind: Kind, fields: Collection[str], *, one_touchpoint: bool) -> list[str]:
    """What no column is mapped to although it is needed, one line each."""
    problems = []
    if "touchpoint" not in fields and not one_touchpoint:
        problems.append("no column is mapped to touchpoint: map one, or name --touchpoint ID")
    if "time" not in fields and not {"date", "clock"} <= set(fields):
        problems.append("no column is mapped to time: map one, or one to date and one to clock")
    if "time" in fields and {"date", "clock"} & set(fields):
        problems.append("time: excludes date and clock")
    for group in KINDS[kind].needs:
        if not any(field in fields for field in group):
            problems.append(f"no column is mapped to {' or '.join(_short(group))}")
    if kind == "votes" and sum(_has(fields, one) for one in ("button", "rating", "count_")) > 1:
        problems.append("button, rating and count_N exclude each other")
    return problems


def _has(fields: Collection[str], start: str) -> bool:
    return any(field == start or (start.endswith("_") and field.startswith(start)) for field in fields)


def _short(group: tuple[str, ...]) -> list[str]:
    named = [field for field in group if field not in BUTTON_COUNTS]
    return named if len(named) == len(group) else [*named, "count_N"]
