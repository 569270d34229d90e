"""Looks: what the screens of a place show. The nearest place decides, key by key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from tillsight_models.errors import BadConfig
from tillsight_models.wanted import LONGEST_CALL, SPOKEN, read_kiosk

from ..access.audit import record
from ..access.clock import now_ms
from ..tables import kiosk_look
from ..wanted.sections import note_change
from .errors import BadLook

TIMES: Mapping[str, tuple[int, int]] = {
    "idle_s": (10, 600),
    "warning_s": (5, 120),
    "thanks_s": (2, 60),
    "attract_s": (0, 3600),
}
"""Seconds: at least, at most."""
SWITCHES = ("tally", "sound", "panel_answers")
WORDS = ("question", "attract", "attract_here")
"""By language."""
NO_SURVEY = ""
"""As a survey's id: here nothing is asked, whatever the places above say."""


@dataclass(frozen=True)
class Look:
    """What is set for one place; what is not set is as the place above says."""

    place: str
    survey_id: str | None
    settings: Mapping[str, Any]
    changed: int = 0
    actor: str = ""

    @property
    def base(self) -> str:
        """Names this content, see `set_look`."""
        return str(self.changed)


def read_looks(connection: Connection) -> dict[str, Look]:
    """By place."""
    rows = connection.execute(select(kiosk_look).order_by(kiosk_look.c.place)).mappings()
    return {
        row["place"]: Look(
            row["place"], row["survey_id"], json.loads(row["settings"]), row["changed"], row["actor"]
        )
        for row in rows
    }


def decided(looks: Mapping[str, Look], path: tuple[str, ...]) -> tuple[str | None, dict[str, Any]]:
    """Survey and settings of the first place of the path, which has the others above it."""
    survey_id: str | None = None
    settings: dict[str, Any] = {}
    for place in reversed(path):
        if look := looks.get(place):
            settings |= look.settings
            survey_id = survey_id if look.survey_id is None else look.survey_id
    return survey_id, settings


def decides(looks: Mapping[str, Look], path: tuple[str, ...], key: str) -> str | None:
    """Which place decides about a setting, or about `survey`; None: the device's own file."""
    for place in path:
        look = looks.get(place)
        if look and (look.survey_id is not None if key == "survey" else key in look.settings):
            return place
    return None


def set_look(connection: Connection, look: Look, base: str, actor: str) -> None:
    """Set what a place shows; BadLook where that cannot be, or where somebody else was first."""
    if problems := look_problems(look.settings):
        raise BadLook(problems)
    held = read_looks(connection).get(look.place)
    if (held.base if held else "0") != base:
        raise BadLook({"base": held.actor if held else ""})
    mine = kiosk_look.c.place == look.place
    values = {
        "survey_id": look.survey_id,
        "settings": json.dumps(dict(look.settings), ensure_ascii=False),
        "changed": max(now_ms(), int(base) + 1),
        "actor": actor,
    }
    if look.survey_id is None and not look.settings:
        connection.execute(delete(kiosk_look).where(mine))
    elif held is None:
        connection.execute(insert(kiosk_look).values(place=look.place, **values))
    else:
        connection.execute(update(kiosk_look).where(mine).values(values))
    told = json.dumps({"place": look.place, "survey": look.survey_id, **look.settings}, ensure_ascii=False)
    record(connection, actor, "look.set", told)
    note_change(connection)


def look_problems(settings: Mapping[str, Any]) -> dict[str, str]:
    """By field; the last word has the contract that the devices read by."""
    problems: dict[str, str] = {}
    for name, (least, most) in TIMES.items():
        if name in settings and not (
            isinstance(settings[name], int | float) and least <= settings[name] <= most
        ):
            problems[name] = f"{least}-{most}"
    for name in WORDS:
        for language, text in settings.get(name, {}).items():
            if not 1 <= len(text.strip()) <= LONGEST_CALL:
                problems[f"{name}_{language}"] = f"1-{LONGEST_CALL}"
    languages = settings.get("languages", SPOKEN)
    if not languages or set(languages) - set(SPOKEN):
        problems["languages"] = ", ".join(SPOKEN)
    if settings.get("default_language", languages[0] if languages else "") not in languages:
        problems["default_language"] = ", ".join(languages)
    if not problems:
        try:
            read_kiosk(dict(settings))
        except BadConfig as error:
            problems["look"] = "; ".join(error.problems)
    return problems
