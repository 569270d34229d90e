"""The break that a shopper gives the cameras: it ends by itself, is kept, and there are only so many."""

from pathlib import Path

import pytest
from tests.harness.outboxes import new_outbox

from tillsight_edge.fakes import FakeClock
from tillsight_edge.outbox import Outbox
from tillsight_edge.pause import MARK, CameraPause


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return new_outbox(tmp_path)


def pause_of(outbox: Outbox, clock: FakeClock, minutes: float = 5, per_hour: int = 2) -> CameraPause:
    return CameraPause(minutes, per_hour, outbox, clock)


def test_a_pause_ends_by_itself(outbox: Outbox, clock: FakeClock) -> None:
    pause = pause_of(outbox, clock)
    assert pause.begin()
    assert pause.until_ms() == clock.mono_ms() + 300_000
    assert pause.state().left_ms == pause.state().again_ms == 300_000
    clock.advance(300)
    assert pause.state().left_ms == pause.state().again_ms == 0
    assert pause.until_ms() <= clock.mono_ms()


def test_a_pause_that_goes_on_is_not_made_longer(outbox: Outbox, clock: FakeClock) -> None:
    pause = pause_of(outbox, clock)
    pause.begin()
    clock.advance(200)
    assert not pause.begin()
    assert pause.state().left_ms == 100_000


def test_a_bored_child_cannot_switch_counting_off_all_day(outbox: Outbox, clock: FakeClock) -> None:
    pause, paused_s = pause_of(outbox, clock), 0
    for _ in range(8 * 360):
        pause.begin()
        paused_s += 10 * (pause.state().left_ms > 0)
        clock.advance(10)
    assert paused_s == 8 * 600


def test_the_next_pause_can_be_had_an_hour_after_the_one_before_the_last(
    outbox: Outbox, clock: FakeClock
) -> None:
    pause = pause_of(outbox, clock)
    pause.begin()
    clock.advance(600)
    pause.begin()
    clock.advance(300)
    assert not pause.begin()
    assert pause.state().again_ms == 2_700_000
    clock.advance(2_700)
    assert pause.begin()


def test_staff_can_end_a_pause_and_it_counts_all_the_same(outbox: Outbox, clock: FakeClock) -> None:
    pause = pause_of(outbox, clock, per_hour=1)
    pause.begin()
    clock.advance(60)
    assert pause.end()
    assert not pause.end()
    assert pause.state().left_ms == 0
    assert not pause.begin()


def test_a_pause_goes_on_after_a_restart_of_the_agent_and_of_the_machine(
    outbox: Outbox, clock: FakeClock
) -> None:
    pause_of(outbox, clock).begin()
    clock.advance(60)
    assert pause_of(outbox, clock).state().left_ms == 240_000
    clock.reboot(wall_ms=clock.stamp().t + 40_000)
    again = pause_of(outbox, clock)
    assert again.state().left_ms == 200_000
    clock.advance(200)
    assert again.begin()
    clock.reboot(wall_ms=0)
    assert pause_of(outbox, clock).state().left_ms == 300_000
    assert not pause_of(outbox, clock, per_hour=2).begin()


def test_what_cannot_be_understood_is_no_pause(outbox: Outbox, clock: FakeClock) -> None:
    outbox.set_mark(MARK, "1:2:3")
    assert pause_of(outbox, clock).until_ms() == 0


def test_a_disk_that_cannot_be_written_gives_no_pause_and_no_error(
    tmp_path: Path, outbox: Outbox, clock: FakeClock
) -> None:
    pause = pause_of(outbox, clock)
    pause.until_ms()
    outbox.close()
    for file in tmp_path.glob("outbox.db*"):
        file.unlink()
    (tmp_path / "outbox.db").mkdir()
    assert not pause.begin()
    assert pause_of(outbox, clock).until_ms() == 0
