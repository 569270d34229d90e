"""Privacy: who declares what, what notices and documents say, and who may."""

import html
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from tests.harness.websites import Visitor, Website, now_ms

from tillsight_hub.compliance.documents import answering, done_here
from tillsight_hub.compliance.settings import ComplianceSettings
from tillsight_hub.compliance.sign import TEMPLATE, sign_data
from tillsight_hub.compliance.watching import Watching
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.tables import audit
from tillsight_models.events import EmotionWindowed

Visit = Any
TODAY = datetime.now(UTC).date()
FORM = {
    "place": "rome",
    "purpose": "Satisfaction of customers, as totals",
    "assessment": "DPIA-2026-014",
    "legal_basis": "legitimate-interest",
    "responsible": "store management",
    "sign_installed": (TODAY - timedelta(days=9)).isoformat(),
    "expires": (TODAY + timedelta(days=90)).isoformat(),
}


@pytest.fixture
def mona(site: Website, visit: Visit) -> Visitor:
    """Manager of Rome."""
    visitor: Visitor = visit(site)
    visitor.log_in("mona")
    return visitor


def sent(visitor: Visitor, path: str, **fields: str) -> httpx.Response:
    token = visitor.csrf_token("/compliance")
    return visitor.client.post(path, data={**fields, "csrf_token": token})


def told(answer: httpx.Response) -> str:
    """The page's text."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)))


def notice(site: Website, language: str = "en", touchpoint: str = "desk") -> str:
    answer = httpx.get(f"{site.url}/notice/{touchpoint}", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return told(answer)


def tell_moods(site: Website) -> None:
    moods = EmotionWindowed(period_s=900, positive=6, neutral=3, negative=2, unknown=1)
    site.ingest(site.boxes["box-4"].event(moods, t=now_ms()), box="box-4", refused=1)


def test_what_is_incomplete_is_said_beside_the_field(mona: Visitor) -> None:
    answer = sent(mona, "/compliance/declarations", **{**FORM, "purpose": "x", "expires": "2020-01-01"})
    assert answer.status_code == 422
    assert "Too short or too long." in told(answer)
    assert "Should be later than the day of the sign." in told(answer)
    assert 'value="DPIA-2026-014"' in answer.text


def test_nobody_declares_for_places_of_others(mona: Visitor) -> None:
    assert sent(mona, "/compliance/declarations", **{**FORM, "place": "pune"}).status_code == 404
    assert sent(mona, "/compliance/declarations", **{**FORM, "place": "acme"}).status_code == 404


def test_the_notice_tells_what_is_really_done_and_changes_with_it(site: Website, mona: Visitor) -> None:
    before = notice(site)
    assert "A camera counts how many people are served." in before
    assert "look content" not in before
    tell_moods(site)
    assert "look content" in notice(site)
    assert "nobody has declared it" in notice(site)
    assert "no declaration holds" in told(mona.client.get("/compliance"))
    assert sent(mona, "/compliance/declarations", **FORM).status_code == 303
    after = notice(site)
    assert "nobody has declared it" not in after
    assert "DPIA-2026-014" in after
    assert "legitimate interest" in after
    assert "legittimo interesse" in notice(site, "it")
    page = mona.client.get("/compliance")
    (number,) = re.findall(r"/compliance/declarations/(\d+)/withdraw", page.text)
    assert sent(mona, f"/compliance/declarations/{number}/withdraw").status_code == 303
    assert "nobody has declared it" in notice(site)
    with site.services.engine.connect() as connection:
        deeds = list(connection.scalars(select(audit.c.action)))
    assert {"declaration.made", "declaration.withdrawn"} <= set(deeds)


def test_a_touchpoint_that_is_not_there_has_no_notice(site: Website) -> None:
    assert httpx.get(f"{site.url}/notice/nowhere").status_code == 404


@pytest.mark.parametrize("document", ["sign", "assessment", "processing"])
@pytest.mark.parametrize("language", ["en", "it"])
def test_documents_are_typeset(mona: Visitor, document: str, language: str) -> None:
    answer = mona.client.get(f"/compliance/desk/{document}.pdf?language={language}")
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")


def test_the_sign_is_one_page_of_the_same_words_as_the_notice(site: Website) -> None:
    import typst

    with site.services.engine.connect() as connection:
        place = read_hierarchy(connection).touchpoints["desk"]
    seen = Watching(place, "camera", moods=True, ages=True, declared=None)
    voice = site.app.state.pages["it"]
    settings = ComplianceSettings(controller="Acme", privacy_contact="mailto:privacy@example.org")
    data = sign_data(seen, voice, settings, "https://hub.example.org/notice/desk", TODAY)
    made = typst.Compiler(
        input=TEMPLATE, root=TEMPLATE.parent, sys_inputs={"sign": json.dumps(data)}
    ).compile(format="png", ppi=20)
    assert isinstance(made, bytes) or len(made or []) == 1
    assert data["does"] == done_here(seen, voice)
    assert ["Domande", "privacy@example.org"] in [list(row) for row in answering(seen, voice, settings)]


def test_documents_of_others_and_unknown_ones_are_not_there(mona: Visitor) -> None:
    assert mona.client.get("/compliance/stall/sign.pdf").status_code == 404
    assert mona.client.get("/compliance/desk/novel.pdf").status_code == 404


def test_how_long_things_are_kept_is_told(mona: Visitor) -> None:
    page = told(mona.client.get("/compliance"))
    assert "What shoppers wrote in words 90 days" in page
    assert "Every night at 03:30." in page
