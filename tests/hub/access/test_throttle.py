"""Login throttling: waits that grow, per name and per address, and end."""

import pytest

from tillsight_hub.access import TooManyAttempts
from tillsight_hub.access.throttle import (
    FORGET_AFTER_S,
    MAX_REMEMBERED,
    PER_ADDRESS,
    PER_NAME,
    Throttle,
)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def wait_s(throttle: Throttle, name: str, address: str) -> int:
    """How long this login has to wait; 0 when it may go ahead."""
    try:
        throttle.check(name, address)
    except TooManyAttempts as refused:
        return refused.wait_s
    return 0


def fail(throttle: Throttle, times: int, name: str = "anna", address: str = "10.0.0.1") -> None:
    for _ in range(times):
        throttle.failed(name, address)


def test_a_few_wrong_attempts_are_free(throttle: Throttle) -> None:
    fail(throttle, PER_NAME.free - 1)
    assert wait_s(throttle, "anna", "10.0.0.1") == 0


def test_waits_double_up_to_the_longest(throttle: Throttle) -> None:
    fail(throttle, PER_NAME.free - 1)
    waits = []
    for _ in range(12):
        fail(throttle, 1)
        waits.append(wait_s(throttle, "anna", "elsewhere"))
    assert waits[:4] == sorted(waits[:4])
    assert waits[0] <= 2
    assert all(PER_NAME.longest_wait_s <= wait <= PER_NAME.longest_wait_s * 1.25 for wait in waits[6:])


def test_a_wait_ends(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, 20)
    assert wait_s(throttle, "anna", "elsewhere") > 0
    clock.now += PER_NAME.longest_wait_s * 1.25
    assert wait_s(throttle, "anna", "elsewhere") == 0


def test_a_name_is_watched_over_all_addresses_and_whatever_its_case(throttle: Throttle) -> None:
    for number in range(PER_NAME.free):
        throttle.failed("Anna", f"10.0.0.{number}")
    assert wait_s(throttle, "anna", "10.0.0.99") > 0
    assert wait_s(throttle, "olga", "10.0.0.99") == 0


def test_an_address_is_watched_over_all_names(throttle: Throttle) -> None:
    for number in range(PER_ADDRESS.free):
        throttle.failed(f"guess-{number}", "10.0.0.1")
    assert wait_s(throttle, "somebody-else", "10.0.0.1") > 0
    assert wait_s(throttle, "somebody-else", "10.0.0.2") == 0


def test_one_host_has_one_ipv6_network(throttle: Throttle) -> None:
    for number in range(PER_ADDRESS.free):
        throttle.failed(f"guess-{number}", f"2001:db8::{number:x}")
    assert wait_s(throttle, "anna", "2001:db8::ffff") > 0
    assert wait_s(throttle, "anna", "2001:db8:0:1::1") == 0


def test_the_right_password_clears_the_name_but_not_the_address(throttle: Throttle) -> None:
    fail(throttle, PER_ADDRESS.free)
    throttle.succeeded("anna")
    assert wait_s(throttle, "anna", "10.0.0.2") == 0
    assert wait_s(throttle, "anna", "10.0.0.1") > 0


def test_a_quiet_quarter_of_an_hour_forgets(throttle: Throttle, clock: Clock) -> None:
    fail(throttle, PER_NAME.free - 1)
    clock.now += FORGET_AFTER_S + 1
    fail(throttle, 1)
    assert wait_s(throttle, "anna", "10.0.0.1") == 0


def test_memory_is_bounded(throttle: Throttle) -> None:
    for number in range(MAX_REMEMBERED):
        throttle.failed(f"guess-{number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(throttle._failures) <= MAX_REMEMBERED
