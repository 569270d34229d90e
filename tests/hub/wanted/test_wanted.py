"""What is wanted of each device: made by place, told once, told again to a broker that lost it."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine, delete
from tests.harness.ingesting import SEED, intake
from tests.harness.shown import ask, content_of, loaded, nps_question, show

from tillsight_hub import tables
from tillsight_hub.database import writing
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.ingest.messages import DeviceNote
from tillsight_hub.seed import Seed, apply_seed
from tillsight_hub.shown.cards import Card, put_card
from tillsight_hub.shown.errors import BadLook
from tillsight_hub.shown.kiosk_section import KioskSection
from tillsight_hub.shown.looks import Look, set_look
from tillsight_hub.shown.surveys import retire
from tillsight_hub.wanted.keeping import Wanted, read_wanted
from tillsight_hub.wanted.publisher import Publisher
from tillsight_models.surveys import read_survey
from tillsight_models.topics import DeviceTopics
from tillsight_models.wanted import ConfigIs, read_kiosk

HERE = DeviceTopics("acme", "rome", "box-1")


class Line:
    """A broker that remembers what it was told."""

    def __init__(self) -> None:
        self.connections = 1
        self.sent: list[tuple[str, Mapping[str, Any]]] = []

    def publish_wanted(self, place: DeviceTopics, message: str) -> bool:
        if self.connections:
            self.sent.append((place.device, loaded(message)))
        return bool(self.connections)

    def taken(self) -> dict[str, Mapping[str, Any]]:
        """By device, what came since the last look."""
        sent, self.sent = dict(self.sent), []
        return sent


@pytest.fixture
def line() -> Line:
    return Line()


def publisher(engine: Engine, line: Line) -> Publisher:
    return Publisher(engine, line, [KioskSection()])


def wanted(engine: Engine, device: str = "box-1") -> Wanted:
    with engine.connect() as connection:
        return read_wanted(connection)[device]


def test_a_survey_reaches_the_screens_of_its_place_once(either_engine: Engine, line: Line) -> None:
    telling = publisher(either_engine, line)
    telling.turn()
    assert line.taken() == {}
    ask(either_engine, content_of(), "rome")
    telling.turn()
    sent = line.taken()
    assert set(sent) == {"box-1", "box-2", "box-4"}
    kiosk = read_kiosk(sent["box-1"]["kiosk"])
    assert kiosk.survey == read_survey(content_of())
    assert (kiosk.languages, kiosk.default_language) == (["en"], "en")
    telling.turn()
    assert line.taken() == {}


def test_only_who_is_to_show_something_else_is_told(engine: Engine, line: Line) -> None:
    telling = publisher(engine, line)
    ask(engine, content_of(), "acme")
    telling.turn()
    assert len(line.taken()) == 4
    show(engine, "till-1", None, idle_s=40)
    telling.turn()
    [(device, told)] = line.taken().items()
    assert (device, told["kiosk"]["idle_s"], told["kiosk"]["survey"]["id"]) == ("box-1", 40, "exit")


def test_a_broker_that_lost_everything_is_told_everything_again(engine: Engine, line: Line) -> None:
    telling = publisher(engine, line)
    ask(engine, content_of(), "acme")
    telling.turn()
    before = line.taken()
    line.connections = 0
    telling.turn()
    line.connections = 2
    telling.turn()
    assert line.taken() == before


def test_what_changed_while_there_was_no_broker_is_told_when_there_is_one(engine: Engine, line: Line) -> None:
    line.connections = 0
    telling = publisher(engine, line)
    ask(engine, content_of(), "acme")
    telling.turn()
    line.connections = 1
    telling.turn()
    assert len(line.taken()) == 4


def test_a_hub_that_starts_again_and_another_hub_tell_the_same(engine: Engine, line: Line) -> None:
    ask(engine, content_of(), "acme")
    publisher(engine, line).turn()
    first, changed = line.taken(), wanted(engine).changed
    publisher(engine, line).turn()
    assert line.taken() == first
    assert wanted(engine).changed == changed


def test_the_nearest_place_decides_key_by_key(engine: Engine, line: Line) -> None:
    ask(engine, content_of(), "acme")
    ask(engine, content_of(nps_question(text="And here?"), id="till"))
    show(engine, "north", None, idle_s=30, tally=False)
    show(engine, "rome", None, tally=True, question={"en": "How was Rome?"})
    show(engine, "till-1", "till")
    publisher(engine, line).turn()
    sent = line.taken()
    kiosk = sent["box-1"]["kiosk"]
    assert (kiosk["survey"]["id"], kiosk["idle_s"], kiosk["tally"]) == ("till", 30, True)
    assert kiosk["question"] == {"en": "How was Rome?"}
    stall = sent["box-3"]["kiosk"]
    assert (stall["survey"]["id"], stall["tally"]) == ("exit", False)
    assert "question" not in stall


def test_a_place_can_ask_nothing_whatever_is_asked_above(engine: Engine, line: Line) -> None:
    ask(engine, content_of(), "acme")
    show(engine, "till-1", "")
    publisher(engine, line).turn()
    assert line.taken()["box-1"]["kiosk"]["survey"] is None


def test_a_retired_survey_is_asked_nowhere(engine: Engine, line: Line) -> None:
    ask(engine, content_of(), "acme")
    telling = publisher(engine, line)
    telling.turn()
    line.taken()
    with writing(engine) as connection:
        retire(connection, "exit", "mona")
    telling.turn()
    assert all(told["kiosk"]["survey"] is None for told in line.taken().values())


def test_what_no_screen_could_show_is_not_sent_and_the_one_before_stays(engine: Engine, line: Line) -> None:
    ask(engine, content_of(), "rome")
    telling = publisher(engine, line)
    telling.turn()
    before = line.taken()["box-1"]
    show(engine, "till-1", None, languages=["en", "de"])
    telling.turn()
    assert "box-1" not in line.taken()
    now = wanted(engine)
    assert now.version == before["version"]
    assert now.state() == "refused"
    assert now.problems == ("kiosk.survey: exit has no de: the screen's languages do",)
    show(engine, "till-1", None, languages=["en"])
    telling.turn()
    assert not wanted(engine).problems


def test_cards_go_to_their_place_until_they_are_over(engine: Engine, line: Line) -> None:
    words = {"en": {"said": "Too cold", "did": "Warmer"}}
    with writing(engine) as connection:
        shown = put_card(connection, Card(0, "rome", words, "2026-01-01", None), "mona")
        put_card(connection, Card(0, "rome", words, "2020-01-01", "2020-02-01"), "mona")
        put_card(connection, Card(0, "pune", words, "2026-01-01", None), "mona")
    publisher(engine, line).turn()
    assert [card["id"] for card in line.taken()["box-1"]["kiosk"]["cards"]] == [shown]


def test_nothing_set_any_more_leaves_the_device_to_its_own_file(engine: Engine, line: Line) -> None:
    ask(engine, content_of(), "till-1")
    telling = publisher(engine, line)
    telling.turn()
    assert "kiosk" in line.taken()["box-1"]
    show(engine, "till-1", None)
    telling.turn()
    assert set(line.taken()["box-1"]) == {"version"}


def test_the_devices_answer_is_kept(either_engine: Engine, line: Line) -> None:
    ask(either_engine, content_of(), "till-1")
    publisher(either_engine, line).turn()
    assert wanted(either_engine).state() == "waiting"
    version = wanted(either_engine).version
    for answer, state in (
        (ConfigIs(version="older"), "waiting"),
        (ConfigIs(version=version, problems=["kiosk.survey: no"]), "refused"),
        (ConfigIs(version=version, ignored=["kiosk"]), "no-screen"),
        (ConfigIs(version=version), "in-force"),
    ):
        taking = intake(either_engine)
        taking.take([], [DeviceNote(HERE, answer, 1, retained=False)])
        assert wanted(either_engine).state() == state
    elsewhere = DeviceTopics("acme", "pune", "box-1")
    intake(either_engine).take([], [DeviceNote(elsewhere, ConfigIs(version="x"), 1, retained=False)])
    assert wanted(either_engine).reported == version


def test_two_who_set_the_same_place_do_not_overwrite_each_other(engine: Engine) -> None:
    show(engine, "till-1", None, idle_s=40)
    with writing(engine) as connection, pytest.raises(BadLook) as refused:
        set_look(connection, Look("till-1", None, {"idle_s": 60}), "0", "otto")
    assert refused.value.problems == {"base": "mona"}


def test_a_device_that_is_gone_is_told_nothing(engine: Engine, line: Line) -> None:
    ask(engine, content_of(), "acme")
    with engine.begin() as connection:
        connection.execute(delete(tables.device).where(tables.device.c.id == "box-3"))
        assert "box-3" not in read_hierarchy(connection).devices
    publisher(engine, line).turn()
    assert "box-3" not in line.taken()


def test_a_device_that_moves_to_another_store_finds_it_there(engine: Engine, line: Line) -> None:
    ask(engine, content_of(), "acme")
    telling = publisher(engine, line)
    telling.turn()
    line.taken()
    moved = [{**each, "touchpoint": "stall"} if each["id"] == "box-1" else each for each in SEED["device"]]
    apply_seed(engine, Seed.model_validate({**SEED, "device": moved}))
    telling.turn()
    assert set(line.taken()) == {"box-1"}
