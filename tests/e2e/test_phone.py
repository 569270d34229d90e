"""From the code that a till's screen draws to stored answers, a case, and its person's words erased."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import msgspec
from tests.harness.hubs import RunningHub, running_hub
from tests.harness.ingesting import table_rows
from tests.harness.phones import give_survey, visit_id
from tests.harness.processes import wait_until

from tillsight_edge.kiosk import phone as screen
from tillsight_hub.access.clock import now_ms
from tillsight_models.events import Stamp
from tillsight_models.wanted import Continuing

URL = "http://testserver/go"


def wanted_of(hub: RunningHub, device: str) -> dict[str, Any]:
    """As it is sent to the device."""
    rows = {row["dev"]: row["wanted"] for row in table_rows(hub.services.engine, "device_config")}
    found: dict[str, Any] = json.loads(rows.get(device) or "{}").get("kiosk", {})
    return found


def address_on(hub: RunningHub, visit: str, monkeypatch: Any) -> str:
    """What the screen of box-1 draws for this visit, by what the hub wants of it."""
    wait_until(lambda: "continue" in wanted_of(hub, "box-1"), "the key on its way to the device")
    continuing = msgspec.convert(wanted_of(hub, "box-1")["continue"], Continuing)
    drawn: list[str] = []
    monkeypatch.setattr(screen, "draw", drawn.append)
    screen.code_of(continuing, "box-1", visit, Stamp(t=now_ms(), tq="ntp", boot="b", mono=1))
    return drawn[0].removeprefix("http://testserver")


def test_a_code_of_a_screen_leads_to_answers_a_case_and_their_erasure(
    tmp_path: Path, monkeypatch: Any
) -> None:
    with running_hub(tmp_path, cases={"phone_url": URL, "hours_request": 8}) as hub:
        give_survey(hub.services.engine)
        visit = visit_id(5)
        path = address_on(hub, visit, monkeypatch)
        client = hub.client

        def send(**fields: str) -> httpx.Response:
            answer: httpx.Response = client.post(path, data=fields)
            assert answer.status_code == 200, answer.text
            return answer

        assert "Would you recommend us?" in client.get(path).text
        send(question="again", do="answer", value="2")
        send(question="what", do="answer", value="staff")
        thanks = send(do="contact", name="Ugo", address="ugo@example.org", message="Call me.", consent="yes")
        assert "Thank you!" in thanks.text

        def stored() -> list[str]:
            rows = [row for row in table_rows(hub.services.engine, "event") if row["boot"] == "phone"]
            return [row["type"] for row in rows]

        wait_until(lambda: len(stored()) == 3, "the answers")
        assert stored() == ["survey.answer", "survey.answer", "survey.end"]
        (case,) = client.get("/api/v1/cases", headers=hub.bearer("manager", "rome")).json()
        assert (case["origin"], case["touchpoint"], case["state"]) == ("request", "till-1", "open")
        contact = f"/api/v1/cases/{case['id']}/contact"
        assert client.get(contact, headers=hub.bearer("manager", "rome")).json()["message"] == "Call me."
        link = re.search(r'href="(/go/erase/[^"]+)"', thanks.text)
        assert link
        assert "It is erased" in client.post(link[1]).text
        assert client.get(contact, headers=hub.bearer("manager", "rome")).status_code == 404
        assert not table_rows(hub.services.engine, "quarantine")
