"""Surveys in a hub: small contents, published and shown at a place in two lines."""

import json
from typing import Any

from sqlalchemy import Engine

from tillsight_hub.database import writing
from tillsight_hub.shown.looks import Look, read_looks, set_look
from tillsight_hub.shown.surveys import begin_draft, create, find_survey, publish, save_draft


def in_english(text: str) -> dict[str, str]:
    return {"en": text}


def nps_question(id: str = "nps", text: str = "Would you recommend us?", **more: Any) -> dict[str, Any]:
    return {"id": id, "kind": "nps", "text": in_english(text), **more}


def content_of(*questions: dict[str, Any], id: str = "exit", **more: Any) -> dict[str, Any]:
    """A survey in English with these questions, or with one that asks for NPS."""
    asked = list(questions) or [nps_question()]
    return {"id": id, "version": 1, "languages": ["en"], "questions": asked, **more}


def ask(engine: Engine, content: dict[str, Any], place: str | None = None, actor: str = "mona") -> int:
    """Publish this content, and show it at a place; the version that it got."""
    id = content["id"]
    with writing(engine) as connection:
        try:
            find_survey(connection, id)
        except LookupError:
            create(connection, "acme", content, actor)
        else:
            draft = begin_draft(connection, id, actor)
            save_draft(connection, id, content, draft.base, actor)
        version = publish(connection, id, actor).version
    if place is not None:
        show(engine, place, id)
    return version


def show(engine: Engine, place: str, survey: str | None, **settings: Any) -> None:
    """Set what a place shows."""
    with writing(engine) as connection:
        held = read_looks(connection).get(place)
        set_look(connection, Look(place, survey, settings), held.base if held else "0", "mona")


def loaded(message: str) -> dict[str, Any]:
    """A wanted configuration as the device reads it."""
    found: dict[str, Any] = json.loads(message)
    return found
