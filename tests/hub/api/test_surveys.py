"""Surveys and wanted configurations over the API: who sees which, and what a device's token may ask."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.asking import answered
from tests.harness.hubs import RunningHub, running_hub
from tests.harness.ingesting import Box, take
from tests.harness.shown import ask, content_of, loaded

from tillsight_hub.shown.kiosk_section import KioskSection
from tillsight_hub.wanted.keeping import read_wanted
from tillsight_hub.wanted.publisher import Publisher

DAY = {"from": "2026-10-06", "to": "2026-10-06"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub that asks a survey in Rome; twelve people have answered it at till 1."""
    folder: Path = tmp_path_factory.mktemp("hub")
    with running_hub(folder, mqtt={"embedded": False, "port": 1}) as running:
        engine = running.services.engine
        ask(engine, content_of(), "rome")
        box = Box()
        for person in range(12):
            take(engine, (box, [box.event(answered("nps", person % 11, f"{person:020x}"))]))
        Publisher(engine, None, [KioskSection()]).turn()
        yield running


def test_surveys_are_listed_with_their_versions_and_places(hub: RunningHub) -> None:
    [survey] = hub.client.get("/api/v1/surveys", headers=hub.bearer("ops")).json()
    assert (survey["id"], survey["places"]) == ("exit", ["rome"])
    assert [(each["version"], each["state"]) for each in survey["versions"]] == [(1, "published")]
    [elsewhere] = hub.client.get("/api/v1/surveys", headers=hub.bearer("ops", "pune")).json()
    assert elsewhere["places"] == []


def test_answers_are_told_with_intervals(hub: RunningHub) -> None:
    path = "/api/v1/surveys/exit/results"
    told = hub.client.get(path, params=DAY | {"place": "till-1"}, headers=hub.bearer("analyst")).json()
    [question] = told["questions"]
    assert (question["question"], question["people"], question["withheld"]) == ("nps", 12, 0)
    assert sum(each["people"] for each in question["shares"]) == 12
    assert all(each["lower"] <= each["share"] <= each["upper"] for each in question["shares"])


def test_answers_of_other_places_and_surveys_are_not_there(hub: RunningHub) -> None:
    pune = hub.bearer("manager", "pune")
    assert hub.client.get("/api/v1/surveys/exit/results?place=till-1", headers=pune).status_code == 404
    assert hub.client.get("/api/v1/surveys/none/results", headers=pune).status_code == 404
    own = hub.client.get("/api/v1/surveys/exit/results", params=DAY, headers=pune).json()
    assert own["questions"][0]["people"] == 0


def test_a_device_asks_for_its_own_configuration_only(hub: RunningHub) -> None:
    box = hub.bearer("device", "box-1")
    told = hub.client.get("/api/v1/devices/box-1/wanted", headers=box)
    assert told.json()["kiosk"]["survey"]["id"] == "exit"
    version = told.headers["Tillsight-Wanted"]
    assert version == loaded(told.text)["version"]
    same = hub.client.get("/api/v1/devices/box-1/wanted", headers=box | {"If-None-Match": f'"{version}"'})
    assert (same.status_code, same.content) == (304, b"")
    assert hub.client.get("/api/v1/devices/box-2/wanted", headers=box).status_code == 404
    assert hub.client.get("/api/v1/devices/box-1/wanted", headers=hub.bearer("admin")).status_code == 403
    stall = hub.bearer("device", "box-3")
    assert hub.client.get("/api/v1/devices/box-3/wanted", headers=stall).status_code == 204


def test_a_device_says_what_it_follows(hub: RunningHub) -> None:
    box = hub.bearer("device", "box-2")
    version = hub.client.get("/api/v1/devices/box-2/wanted", headers=box).json()["version"]
    answer = {"version": version, "problems": ["kiosk.survey: too new"]}
    assert hub.client.post("/api/v1/devices/box-2/wanted", json=answer, headers=box).status_code == 200
    assert hub.client.post("/api/v1/devices/box-1/wanted", json=answer, headers=box).status_code == 404
    too_much = {"version": version, "problems": ["x"] * 51}
    assert hub.client.post("/api/v1/devices/box-2/wanted", json=too_much, headers=box).status_code == 422
    with hub.services.engine.connect() as connection:
        wanted = read_wanted(connection)["box-2"]
    assert (wanted.state(), wanted.problems) == ("refused", ("kiosk.survey: too new",))
