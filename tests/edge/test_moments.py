"""Times that were written down before a restart."""

from tillsight_edge.fakes import FakeClock
from tillsight_edge.moments import carried_over


def test_a_time_of_the_same_boot_stays_what_it_is() -> None:
    clock = FakeClock()
    then = clock.stamp()
    clock.advance(60)
    assert carried_over(then.mono + 90_000, then, clock.stamp()) == then.mono + 90_000


def test_a_time_of_another_boot_is_as_far_away_as_the_wall_clock_says() -> None:
    clock = FakeClock()
    then = clock.stamp()
    clock.reboot(wall_ms=then.t + 40_000)
    now = clock.stamp()
    assert carried_over(then.mono + 90_000, then, now) == now.mono + 50_000
    assert carried_over(then.mono - 10_000, then, now) == now.mono - 50_000


def test_a_wall_clock_that_was_set_back_lets_no_time_pass() -> None:
    clock = FakeClock()
    then = clock.stamp()
    clock.reboot(wall_ms=then.t - 3_600_000)
    now = clock.stamp()
    assert carried_over(then.mono + 90_000, then, now) == now.mono + 90_000
