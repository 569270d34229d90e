"""A shopper's phone at a hub, a screen that makes codes, and a questionnaire that asks everything."""

import html
import json
import re
import time
from typing import Any

import httpx
from sqlalchemy import Engine, insert

from tillsight_hub import tables
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.shown.kiosk_section import KioskSection
from tillsight_hub.visits.keys import key_of, read_secret
from tillsight_hub.wanted.keeping import refresh
from tillsight_hub.wanted.sections import note_change
from tillsight_models.continuation import Continuation

LANGUAGES = ("en", "it", "de", "ar")


def words(text: str, arabic: str | None = None) -> dict[str, str]:
    """In the four languages of the phone."""
    return {"en": text, "it": f"{text} (it)", "de": f"{text} (de)", "ar": arabic or f"{text} ع"}


def option(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "text": words(id.capitalize()), **more}


SURVEY: dict[str, Any] = {
    "id": "exit",
    "version": 3,
    "languages": list(LANGUAGES),
    "questions": [
        {"id": "why", "kind": "reason", "text": words("Why?"), "options": [option("slow"), option("rude")]},
        {"id": "again", "kind": "nps", "text": words("Would you recommend us?"), "optional": False},
        {
            "id": "what",
            "kind": "single",
            "text": words("What should be better?"),
            "options": [option("queue"), option("staff"), option("prices")],
            "show_if": [{"question": "again", "at_most": 6}],
        },
        {
            "id": "bought",
            "kind": "multiple",
            "text": words("What did you buy?"),
            "options": [option("bread"), option("milk"), option("fruit")],
        },
        {
            "id": "table",
            "kind": "matrix",
            "text": words("How were these?"),
            "options": [option("speed"), option("price")],
        },
        {"id": "said", "kind": "text", "text": words("Anything else?")},
    ],
}


def give_survey(engine: Engine, survey: dict[str, Any] = SURVEY, device: str = "box-1") -> None:
    """Let the device's touchpoint ask it; what is wanted of the device says so from now on."""
    with writing(engine) as connection:
        tp = read_hierarchy(connection).devices[device].touchpoint_id
        row = {"id": survey["id"], "version": survey["version"], "org_id": "acme", "state": "published"}
        row |= {"content": json.dumps(survey), "created": 1, "actor": "ada"}
        connection.execute(insert(tables.survey).values(row))
        look = {"place": tp, "survey_id": survey["id"], "settings": "{}", "changed": 1, "actor": "ada"}
        connection.execute(insert(tables.kiosk_look).values(look))
        note_change(connection)
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
    refresh(engine, hierarchy, [KioskSection()])


def code_of(engine: Engine, visit: str, device: str = "box-1", age_min: int = 0) -> str:
    """As the device's screen shows it in its QR picture."""
    minute = time.time_ns() // 60_000_000_000 - age_min
    return Continuation(device, visit, minute).write(key_of(read_secret(engine), device))


def visit_id(number: int) -> str:
    return f"{number:020x}"


class Phone:
    """A browser without cookies and scripts: what it shows, and what is sent from there."""

    def __init__(self, client: httpx.Client, code: str, language: str = "en") -> None:
        self.client = client
        self.path = f"/go/{code}?lang={language}"
        self.page = self._open(self.path)

    @property
    def heading(self) -> str:
        found = re.search(r"<h1[^>]*>(?:<label[^>]*>)?(.*?)<", self.page.text, re.DOTALL)
        assert found, self.page.text
        return html.unescape(found[1]).strip()

    def send(self, do: str, **fields: Any) -> httpx.Response:
        """Press a button of the page that is shown; it shows what comes then."""
        asked = re.search(r'name="question" value="([^"]+)"', self.page.text)
        target = re.search(r'<form method="post" action="([^"]+)"', self.page.text)
        assert target, self.page.text
        hidden = {"question": asked[1]} if asked else {}
        answer = self.client.post(html.unescape(target[1]), data={**hidden, "do": do, **fields})
        self.page = answer
        if answer.status_code == 303:
            self.page = self._open(answer.headers["location"])
        return answer

    def back(self) -> None:
        """The page's own way back."""
        found = re.search(r'<div class="quiet-ways">\s*<a href="([^"]+)"', self.page.text)
        assert found, self.page.text
        self.page = self.client.get(html.unescape(found[1]))

    def _open(self, path: str) -> httpx.Response:
        return self.client.get(path, follow_redirects=True)
