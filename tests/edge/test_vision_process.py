"""The process that sees as a child of the agent: started again, ever later, and never twice."""

import logging
from pathlib import Path

import pytest
from tests.harness.processes import wait_until

from tillsight_edge.fakes import FakeClock
from tillsight_edge.vision_process import VisionProcess, is_running, take_the_place


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def broken(tmp_path: Path, clock: FakeClock) -> VisionProcess:
    """One that ends at once, because there is no such configuration."""
    return VisionProcess(tmp_path / "nothing.toml", tmp_path / "sock", clock)


def ended(process: VisionProcess) -> None:
    wait_until(lambda: not process.running, "its end")


def test_what_ends_at_once_is_started_again_each_time_later(
    broken: VisionProcess, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    waits = []
    broken.turn()
    for _ in range(3):
        ended(broken)
        broken.turn()
        before = clock.mono_ms()
        while not broken.running:
            clock.advance(0.5)
            broken.turn()
        waits.append((clock.mono_ms() - before) / 1000)
    broken.stop()
    assert waits == [2, 4, 8]
    assert all("has ended with 2" in record.message for record in caplog.records)


def test_while_another_one_sees_none_is_started(
    broken: VisionProcess, tmp_path: Path, clock: FakeClock
) -> None:
    place = take_the_place(tmp_path / "sock")
    assert place is not None
    with place:
        assert is_running(tmp_path / "sock")
        assert take_the_place(tmp_path / "sock") is None
        assert not is_running(tmp_path / "another")
        broken.turn()
        assert not broken.running
    assert not is_running(tmp_path / "sock")
    broken.turn()
    assert broken.running
    broken.stop()
    assert not broken.running


def test_what_cannot_be_started_is_told_and_stops_nothing(
    broken: VisionProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with caplog.at_level(logging.ERROR):
        broken.turn()
    assert not broken.running
    assert "cannot be started" in caplog.text
    broken.stop()
