"""The hub's pulse: it beats while pages and writer work, and not when one of them hangs."""

import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.harness.processes import wait_until
from tests.harness.websites import website

from tillsight_hub import pulse
from tillsight_hub.ingest.writer import IngestWriter
from tillsight_hub.pulse import Door, Pulse


class Heard:
    """A supervisor that notes what it is told."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.alive_times = 0

    def ready(self) -> None:
        self.words.append("ready")

    def alive(self, status: str) -> None:
        self.alive_times += 1
        self.words.append(status)

    def troubled(self, status: str) -> None:
        self.words.append(status)

    def stopping(self) -> None:
        self.words.append("stopping")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_S", 0.02)
    monkeypatch.setattr(pulse, "PATIENCE_S", 0.3)


def beating(writer: Any, answers: Any, heard: Heard) -> Pulse:
    made = Pulse(writer, answers, heard)  # type: ignore[arg-type]
    made.start()
    return made


def test_it_beats_while_everything_works(engine: Engine) -> None:
    writer, heard = IngestWriter(engine), Heard()
    writer.start()
    made = beating(writer, lambda: True, heard)
    wait_until(lambda: heard.alive_times > 2, "three beats")
    made.stop()
    writer.stop()
    assert (heard.words[0], heard.words[-1]) == ("ready", "stopping")
    assert "0 events stored" in heard.words[1]


def test_it_is_not_ready_before_pages_are_served(engine: Engine) -> None:
    writer, heard, open_door = IngestWriter(engine), Heard(), threading.Event()
    writer.start()
    made = beating(writer, open_door.is_set, heard)
    wait_until(lambda: "not everything works" in heard.words, "a complaint")
    assert "ready" not in heard.words
    open_door.set()
    wait_until(lambda: "ready" in heard.words, "readiness")
    made.stop()
    writer.stop()


def test_a_writer_that_hangs_is_not_covered_up(engine: Engine) -> None:
    writer, heard, stuck = IngestWriter(engine), Heard(), threading.Event()
    writer.start()
    made = beating(writer, lambda: True, heard)
    wait_until(lambda: heard.alive_times > 0, "a beat")
    release = threading.Event()
    writer.submit(pulse.Ignored(lambda _: (stuck.set(), release.wait(20))[0]))  # type: ignore[arg-type, func-returns-value]
    stuck.wait(60)
    wait_until(lambda: heard.words[-1] == "not everything works", "a complaint")
    before = heard.alive_times
    wait_until(lambda: heard.words.count("not everything works") > 1, "another one")
    assert heard.alive_times == before
    release.set()
    wait_until(lambda: heard.alive_times > before, "a beat again")
    made.stop()
    writer.stop()


def test_a_database_that_is_away_is_no_reason_to_restart(engine: Engine) -> None:
    class Waiting:
        class counts:
            failing = "server closed the connection"
            stored = 0

        def submit(self, _: object) -> None:
            raise AssertionError("nobody asks a writer that waits")

    heard = Heard()
    made = beating(Waiting(), lambda: True, heard)
    wait_until(lambda: heard.alive_times > 1, "beats")
    made.stop()
    assert "the database takes nothing" in heard.words[1]


def test_a_door_tells_whether_anybody_answers(tmp_path: Path) -> None:
    with website(tmp_path, users=()) as site:
        assert Door("127.0.0.1", site.port).answers()
        assert not Door("127.0.0.1", site.port, is_tls=True).answers()
    assert not Door("127.0.0.1", site.port).answers()
