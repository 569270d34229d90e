"""`/devices`: what is wrong with each box in words, one box over time, and connecting a new one."""

import re
import tomllib
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, update
from tests.harness.websites import Visitor, Website, now_ms

from tillsight_edge.config import DeviceConfig
from tillsight_hub.access import create_token
from tillsight_hub.fleet.boxes import Box, read_boxes
from tillsight_hub.fleet.reports import lines, read_happenings, read_reports
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.pages.texts import texts
from tillsight_hub.tables import device, fleet_alarm
from tillsight_models.configuration import read_settings
from tillsight_models.events import CameraReported, DeviceStarted, HealthReported

from .conftest import Visit

MINUTE = 60_000


@pytest.fixture
def ada(fresh_site: Website, visit: Visit) -> Visitor:
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    return visitor


def boxes_of(site: Website, now: int | None = None) -> dict[str, Box]:
    with site.services.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        found = read_boxes(connection, hierarchy, hierarchy.touchpoints, now or now_ms())
    return {box.id: box for box in found}


def say(site: Website, **health: Any) -> None:
    """Box 1 reports, and its table row says so as over MQTT."""
    report = HealthReported(**health)
    site.ingest(site.boxes["box-1"].event(report, t=now_ms()))
    from msgspec import json

    values = {"state": "ready", "health": json.encode(report).decode()}
    with site.services.engine.begin() as connection:
        connection.execute(update(device).where(device.c.id == "box-1").values(values))


def troubles(site: Website, now: int | None = None) -> list[str]:
    return [trouble.key for trouble in boxes_of(site, now)["box-1"].troubles]


def test_a_box_that_is_well_has_no_trouble_and_comes_last(fresh_site: Website, ada: Visitor) -> None:
    say(fresh_site, panel="ok", clock_quality="ntp", camera="ok", kiosk="ok", temperature_c=48.0)
    assert troubles(fresh_site) == []
    assert list(boxes_of(fresh_site))[-1] == "box-1"
    page = ada.client.get("/devices").text
    assert page.index("box-2") < page.index("box-1")
    assert "was never heard" in page
    assert 'href="/devices/box-1"' in page


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        ({"panel": "lost"}, "panel_lost"),
        ({"panel": "stuck"}, "panel_stuck"),
        ({"camera": "covered"}, "camera_covered"),
        ({"kiosk": "lost"}, "kiosk_lost"),
        ({"clock_quality": "unsynced"}, "clock_unsynced"),
        ({"clock_offset_ms": -9000.0}, "clock_off"),
        ({"temperature_c": 84.0}, "hot"),
        ({"disk_free_percent": 3.0}, "disk"),
        ({"outbox_events": 40, "outbox_lag_s": 900.0}, "lag"),
        ({"outbox_set_aside": "outbox.db.broken"}, "set_aside"),
    ],
)
def test_each_trouble_has_its_words_and_what_to_do(
    fresh_site: Website, ada: Visitor, health: dict[str, Any], expected: str
) -> None:
    say(fresh_site, **{"clock_quality": "ntp", **health})
    assert troubles(fresh_site) == [expected]
    page = ada.client.get("/devices/box-1").text
    assert texts()(f"devices.do_{expected}") in page.replace("&#39;", "'")


def test_silence_is_noticed(fresh_site: Website) -> None:
    say(fresh_site, clock_quality="ntp")
    assert troubles(fresh_site, now_ms() + 30 * MINUTE) == []
    assert troubles(fresh_site, now_ms() + 50 * MINUTE) == ["silent"]


def test_lost_events_are_told(fresh_site: Website, ada: Visitor) -> None:
    say(fresh_site, clock_quality="ntp")
    box = fresh_site.boxes["box-1"]
    box.skip(7)
    fresh_site.ingest(box.dropped((2, 8), t=now_ms()))
    assert troubles(fresh_site) == ["dropped"]
    assert "7 events lost for good" in ada.client.get("/devices").text


def test_lines_break_where_nothing_was_reported(fresh_site: Website) -> None:
    box, now = fresh_site.boxes["box-1"], now_ms()
    ages = (200, 185, 170, 20, 5)
    reports = [box.event(HealthReported(temperature_c=40.0 + age / 10), t=now - age * MINUTE) for age in ages]
    started = box.event(DeviceStarted(version="1.2", boot="b"), t=now - 201 * MINUTE)
    looks = [
        box.event(CameraReported(camera="till", state=state, period_s=60, working_s=0), t=now - age * MINUTE)
        for age, state in ((100, "covered"), (95, "covered"), (90, "ok"))
    ]
    fresh_site.ingest(*reports, started, *looks)
    with fresh_site.services.engine.connect() as connection:
        known, since = boxes_of(fresh_site)["box-1"], now - 240 * MINUTE
        told = read_reports(connection, known, since)
        happened = read_happenings(connection, known, since)
    drawn = {line.key: line for line in lines(told, since, now)}
    assert drawn["temperature"].path.count("M") == 2
    assert (drawn["temperature"].last, drawn["temperature"].reports) == (40.5, 5)
    assert "disk" not in drawn
    assert [(each.type, each.word) for each in happened] == [
        ("device.camera", "ok"),
        ("device.camera", "covered"),
        ("device.start", "1.2"),
    ]


def test_a_manager_sees_the_boxes_of_the_own_store_and_an_analyst_none(site: Website, visit: Visit) -> None:
    mona, anna = visit(site), visit(site)
    mona.log_in("mona")
    anna.log_in("anna")
    page = mona.client.get("/devices").text
    assert "box-1" in page
    assert "box-3" not in page
    assert mona.client.get("/devices/box-3").status_code == 404
    assert mona.client.get("/devices/box-1/connect").status_code == 403
    assert anna.client.get("/devices").status_code == 403


def test_an_empty_hub_leads_to_the_first_press(empty_site: Website, visit: Visit) -> None:
    own_broker = empty_site.services.config.mqtt.model_copy(update={"embedded": True})
    config = empty_site.services.config.model_copy(update={"mqtt": own_broker})
    object.__setattr__(empty_site.services, "config", config)
    ada = visit(empty_site)
    ada.log_in("ada")
    page = ada.client.get("/").text
    assert "Welcome to Tillsight" in page
    form = {
        "csrf_token": ada.csrf_token("/"),
        "org": "Caffè Roma",
        "region": "All stores",
        "store": "Via Appia",
        "tz": "Europe/Rome",
        "hours": "9-20",
        "days": "mon-sat",
        "touchpoint": "Till 1",
        "scale": "smiley-4",
        "device": "Box 1",
    }
    wrong = ada.client.post("/first", data={**form, "tz": "Rome", "hours": "early", "store": "—"})
    assert wrong.status_code == 422
    for words in ("There is no such time zone.", "early is not understood", "A name needs a letter"):
        assert words in wrong.text
    made = ada.client.post("/first", data=form)
    assert (made.status_code, made.headers["location"]) == (303, "/devices/via-appia-till-1-box/connect")
    connect = ada.client.get(made.headers["location"]).text
    assert "site = &#34;via-appia&#34;" in connect or 'site = "via-appia"' in connect
    assert "The box was not heard yet." in connect
    snippet = re.search(r"<code>(\[device\].*?)</code>", connect, re.DOTALL)
    assert snippet
    read_settings(tomllib.loads(unescape(snippet[1])), DeviceConfig)
    token = ada.client.post("/devices/via-appia-till-1-box/token", data={"csrf_token": form["csrf_token"]})
    found = re.search(r"<output[^>]*>(tillsight_[^<]+)</output>", token.text)
    assert found
    assert found[1] not in ada.client.get(made.headers["location"]).text


def raise_alarm(site: Website, subject: str = "box-1", condition: str = "two_boxes", **more: Any) -> int:
    """As the hub's watch files it; its number."""
    words = {
        "severity": 2,
        "text": "in English",
        "raised": now_ms(),
        "detail": '{"what": "boot a came back"}',
    }
    row = {"subject": subject, "condition": condition, **words, **more}
    with site.services.engine.begin() as connection:
        return int(
            connection.execute(insert(fleet_alarm).values(row).returning(fleet_alarm.c.id)).scalar_one()
        )


def test_an_alarm_says_what_to_do_and_somebody_sees_to_it(fresh_site: Website, ada: Visitor) -> None:
    assert "no alarm" in ada.client.get("/devices").text
    number = raise_alarm(fresh_site)
    raise_alarm(fresh_site, "hub", "turned_away", severity=1, detail='{"n": 3}')
    raise_alarm(fresh_site, "box-2", "gone_by", text="as an older hub said", detail=None, cleared=1)
    page = ada.client.get("/devices").text
    assert "two boxes with one identity: boot a came back" in page
    assert texts()("devices.do_two_boxes") in page
    assert "3 connections turned away at the broker" in page
    assert "gone_by" not in page

    def answers_for(number: str) -> httpx.Response:
        token = ada.csrf_token("/devices")
        return ada.client.post("/devices/alarms", data={"number": number, "csrf_token": token})

    answer = answers_for(str(number))
    assert (answer.status_code, answer.headers["location"]) == (303, "/devices#alarms-title")
    assert "ada sees to it" in ada.client.get("/devices").text
    assert "ada sees to it" in ada.client.get("/devices/box-1").text
    assert answers_for("x").status_code == 422
    assert answers_for("9999").status_code == 404


def test_an_alarm_is_said_in_the_language_of_who_reads_it(fresh_site: Website, ada: Visitor) -> None:
    raise_alarm(fresh_site)
    raise_alarm(fresh_site, condition="flood", detail=None)
    page = ada.client.get("/devices", headers={"Accept-Language": "it"}).text
    assert "due dispositivi con la stessa identità: boot a came back" in page
    assert "in English" in page  # what an older hub filed has its own words only


def test_a_manager_sees_the_alarms_of_the_own_store_and_answers_for_none(site: Website, visit: Visit) -> None:
    raise_alarm(site, "box-1")
    raise_alarm(site, "box-3")
    raise_alarm(site, "hub", "backup", detail='{"hours": 40}')
    mona = visit(site)
    mona.log_in("mona")
    page = mona.client.get("/devices").text
    assert page.count("two boxes with one identity") == 1
    assert "backup" not in page
    assert 'name="number"' not in page
    told = mona.client.get("/api/v1/alarms").json()
    assert [(each["subject"], each["condition"], each["needs_somebody"]) for each in told] == [
        ("box-1", "two_boxes", True)
    ]
    assert mona.client.get("/api/v1/alarms?device=box-3").json() == []


def test_the_api_acknowledges_and_tells_what_is_over(site: Website) -> None:
    number = raise_alarm(site, "box-2", "flood", severity=1)
    raise_alarm(site, "box-2", "lag", severity=1, cleared=now_ms() - 5)
    token = create_token(site.services.engine, "fleet", "ops")
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {token}"}) as ops:
        assert ops.post(f"/api/v1/alarms/{number}/acknowledge").json() == {"acknowledged": True}
        assert ops.post("/api/v1/alarms/99999/acknowledge").status_code == 404
        told = ops.get("/api/v1/alarms?device=box-2&state=all").json()
    assert [(each["condition"], each["acknowledged_by"], each["cleared_at"] is None) for each in told] == [
        ("flood", "token fleet", True),
        ("lag", None, False),
    ]
