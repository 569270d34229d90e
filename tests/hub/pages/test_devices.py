"""`/devices`: what is wrong with each box in words, one box over time, and connecting a new one."""

import re
import tomllib
from html import unescape
from typing import Any

import pytest
from sqlalchemy import update
from tests.harness.websites import Visitor, Website, now_ms

from tillsight_edge.config import DeviceConfig
from tillsight_hub.fleet.boxes import Box, read_boxes
from tillsight_hub.fleet.reports import lines, read_happenings, read_reports
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.pages.texts import texts
from tillsight_hub.tables import device
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
