"""The way of a question: published in the hub, asked on the screen, answered, and told with its version."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from tests.harness.brokers import Mosquitto
from tests.harness.hubs import running_hub
from tests.harness.processes import wait_until
from tests.harness.shown import ask, content_of, loaded, nps_question
from tests.harness.websites import Website, website

from tillsight_edge.agent import Agent
from tillsight_edge.config import DeviceConfig
from tillsight_edge.fakes import SimulatedPanel
from tillsight_hub import tables
from tillsight_hub.access import create_token
from tillsight_hub.wanted.keeping import read_wanted
from tillsight_models.configuration import read_settings


class Till:
    """A device with a screen, in this process."""

    def __init__(self, folder: Path, hub: dict[str, Any]) -> None:
        self.folder, self.hub = folder, hub

    @contextmanager
    def on(self) -> Iterator["Till"]:
        self.panel = SimulatedPanel(4)
        settings = {
            "device": {"id": "box-1", "org": "acme", "site": "rome", "touchpoint": "till-1"},
            "panel": {"kind": "serial", "port": str(self.panel.port), "cooldown_s": 0},
            "kiosk": {"enabled": True, "port": 0, "thanks_s": 2},
            "outbox": {"path": str(self.folder / "outbox.db")},
            "hub": self.hub,
        }
        self.agent = Agent(read_settings(settings, DeviceConfig))
        thread = threading.Thread(target=self.agent.run)
        self.panel.start()
        thread.start()
        try:
            assert self.agent.started.wait(60)
            yield self
        finally:
            self.agent.stop()
            thread.join()
            self.panel.stop()

    @property
    def asked(self) -> int | None:
        """Version of the survey that is on the screen."""
        assert self.agent.kiosk
        survey = self.agent.kiosk.kiosk.contents[1].survey
        return survey.version if survey else None

    @property
    def title(self) -> str:
        assert self.agent.kiosk
        return self.agent.kiosk.kiosk.frame().screen.title

    def press_through(self, question: str) -> None:
        """A shopper rates, is asked, and leaves it."""
        self.panel.press(4)
        wait_until(lambda: self.title == question, f"the question {question}")
        kiosk = self.agent.kiosk
        assert kiosk
        number = kiosk.kiosk.frame().screen.number
        kiosk.kiosk.touch(lambda session: session.choose("9", number))


def in_force(engine: Engine, version: int) -> Callable[[], bool]:
    """Whether the hub knows that the device asks this version."""

    def is_so() -> bool:
        with engine.connect() as connection:
            found = read_wanted(connection, ["box-1"]).get("box-1")
        asked = loaded(found.message).get("kiosk", {}).get("survey") if found else None
        return bool(found and asked and asked["version"] == version and found.state() == "in-force")

    return is_so


def answers(engine: Engine) -> list[tuple[str, int]]:
    """Survey versions that were answered, with the answer."""
    with engine.connect() as connection:
        query = select(tables.event.c.data).where(tables.event.c.type == "survey.answer")
        told = [loaded(data) for data in connection.scalars(query.order_by(tables.event.c.seq))]
    return [(f"{each['survey']} {each['survey_version']}", each["value"]) for each in told]


@pytest.mark.mosquitto
def test_a_published_question_is_on_the_screen_within_seconds(mosquitto: Mosquitto, tmp_path: Path) -> None:
    broker = {"embedded": False, "port": mosquitto.port}
    till = Till(tmp_path, {"host": "127.0.0.1", "port": mosquitto.port})
    with running_hub(tmp_path, mqtt=broker) as hub:
        engine = hub.services.engine
        with till.on():
            began = time.monotonic()
            ask(engine, content_of(nps_question(text="First?")), "rome")
            wait_until(lambda: till.asked == 1, "the first version on the screen")
            print(f"on the screen after {time.monotonic() - began:.1f} s")
            till.press_through("First?")
            wait_until(in_force(engine, 1), "the device's answer")
        ask(engine, content_of(nps_question(text="Second?")))
        wait_until(lambda: hub.services.subscriber is not None, "the hub")
        with till.on():
            wait_until(lambda: till.asked == 2, "the second version on a device that was off")
            till.press_through("Second?")
            wait_until(lambda: len(answers(engine)) == 2, "both answers")
        assert answers(engine) == [("exit 1", 9), ("exit 2", 9)]
        mosquitto.wipe()
        mosquitto.start()
    with till.on():
        wait_until(lambda: till.asked == 2, "what is kept on disk, without a hub")
        with running_hub(tmp_path, mqtt=broker) as again:
            ask(again.services.engine, content_of(nps_question(text="Third?")))
            wait_until(lambda: till.asked == 3, "the third, through a broker and a hub that began anew")
            wait_until(in_force(again.services.engine, 3), "the device's answer")


def test_a_device_without_mqtt_asks_the_hub_and_answers_it(tmp_path: Path) -> None:
    with website(tmp_path / "hub", users=()) as site:
        token = tmp_path / "token"
        token.write_text(create_token(site.services.engine, "box", "device", "box-1"), encoding="utf-8")
        hub = {"transport": "https", "url": site.url, "token_file": str(token)}
        with Till(tmp_path, hub).on() as till:
            wait_until(lambda: stored(site) > 0, "the device's first events")
            ask(site.services.engine, content_of(nps_question(text="First?")), "till-1")
            wait_until(lambda: version_wanted(site) is not None, "what is wanted")
            till.panel.press(4)
            wait_until(lambda: till.asked == 1, "the survey, asked for after a press")
            wait_until(in_force(site.services.engine, 1), "the device's answer")


def stored(site: Website) -> int:
    with site.services.engine.connect() as connection:
        return len(connection.execute(select(tables.event.c.seq)).all())


def version_wanted(site: Website) -> str | None:
    with site.services.engine.connect() as connection:
        found = read_wanted(connection, ["box-1"]).get("box-1")
    return found.version if found else None
