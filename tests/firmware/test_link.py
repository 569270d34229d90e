import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.panel_noise import Noise
from tests.harness.panel_world import Till

from tillsight_panel.framing import FrameReader, encode
from tillsight_panel.host import HostLink
from tillsight_panel.link import PanelLink
from tillsight_panel.messages import (
    ACK,
    EVENT,
    FIRMWARE,
    HEARTBEAT,
    HELLO,
    LIGHT,
    LIGHT_SEEN,
    OVERFLOW,
    POLL,
    PRESS,
    SERVICE,
    SERVICE_WORD,
    STUCK,
    THANKS,
    UNSTUCK,
    VERSION,
    pack,
    unpack,
)
from tillsight_panel.ticks import WRAP_MS


def messages(line: bytes, kind: int) -> list[tuple[int, ...]]:
    """The messages of one type on a line."""
    understood = [unpack(payload) for payload in FrameReader().feed(line)]
    return [message for message in understood if message and message[0] == kind]


def seqs(line: bytes) -> list[int]:
    return [message[2] for message in messages(line, EVENT)]


def noisy(seed: int, flipped: float = 0.01, dropped: float = 0.01, doubled: float = 0.0) -> Till:
    till = Till(Noise(flipped, dropped, doubled, seed), Noise(flipped, dropped, doubled, seed + 1))
    till.settle()
    return till


def buttons(count: int) -> list[int]:
    return [1 + (number * 2) % 5 for number in range(count)]


@pytest.mark.parametrize("seed", range(5))
def test_200_presses_on_a_noisy_line_arrive_once_and_in_order(seed: int) -> None:
    till = noisy(seed)
    for number, button in enumerate(buttons(200)):
        till.press(button, at=till.ms + 20 + number * 50)
    till.run(200 * 50)
    till.settle()
    assert till.presses == buttons(200)
    assert till.host is not None
    assert till.host.bad_frames > 100  # the noise was there


@pytest.mark.parametrize("seed", range(5))
def test_resets_of_the_panel_and_kills_of_the_agent_lose_and_double_nothing(seed: int) -> None:
    """The panel is reset when it holds nothing, since what was in its memory only is gone by definition."""
    till = noisy(seed)
    chance = till.to_host.chance
    for number, button in enumerate(buttons(200)):
        till.press(button)
        till.run(50)
        if number % 10 == 5:
            till.kill_agent()
            till.run(chance.randrange(300))
            till.start_agent()
        if number % 25 == 20:
            till.settle()
            till.reset_panel()
            till.run(20)  # released pins must be seen before anything counts
    till.settle()
    assert till.presses == buttons(200)
    assert len(set(till.outbox)) == len(till.outbox)
    assert {boot for boot, _, _, _ in till.outbox} == set(range(1, 10))


def test_a_press_that_was_not_committed_comes_again_to_the_next_agent() -> None:
    till = Till(commit_ms=None)
    till.press(3)
    till.run(100)
    assert till.host is not None
    assert [event.value for event in till.host.events] == [3]
    till.kill_agent()
    till.commit_ms = 0
    till.start_agent()
    till.settle()
    assert till.presses == [3]


def test_a_press_whose_acknowledgement_was_lost_with_the_agent_is_not_taken_twice() -> None:
    till = Till()
    till.settle()
    till.to_panel = Noise(dropped=1.0)
    till.press(3)
    till.run(100)
    till.kill_agent()
    assert till.panel.link.queued == 1
    till.to_panel = Noise()
    till.start_agent()
    till.settle()
    assert till.panel.link.queued == 0
    assert till.presses == [3]


def test_a_lost_acknowledgement_is_repeated_with_the_next_heartbeat() -> None:
    till = Till(commit_ms=100)
    till.settle()
    till.press(3)
    till.run(60)
    till.to_panel = Noise(dropped=1.0)
    till.run(100)
    assert till.presses == [3]
    assert till.panel.link.queued == 1
    till.to_panel = Noise()
    till.run(1100)
    assert till.panel.link.queued == 0


def test_an_agent_that_never_saw_the_panel_begins_with_what_it_still_holds() -> None:
    till = Till()
    for button in (1, 2, 3):
        till.press(button)
        till.run(100)
    till.kill_agent()
    till.press(4)
    till.run(100)
    till.outbox.clear()  # a replaced device
    till.start_agent()
    till.settle()
    assert till.presses == [4]


def test_a_mark_that_the_panel_cannot_have_reached_is_not_believed() -> None:
    panel = PanelLink(boot=7, buttons=5)
    panel.push(PRESS, 2, 0)
    host = HostLink(committed=(7, 9_000))
    host.feed(panel.tick(0), 0)
    assert [event.value for event in host.events] == [2]


def test_a_commit_that_takes_long_makes_the_panel_send_nothing_twice() -> None:
    panel, host = PanelLink(boot=1, buttons=5), HostLink()
    panel.push(PRESS, 1, 0)
    panel.push(PRESS, 2, 0)
    sent = []
    for ms in range(2_000):
        line = panel.tick(ms)
        sent += seqs(line)
        host.feed(line, ms)
        panel.feed(host.tick(ms))
    assert sent.count(1) <= 2  # once before and once after the host said who it is
    assert panel.queued == 2
    host.confirm(host.events[0])
    panel.feed(host.tick(2_000))
    assert panel.queued == 1


def test_confirming_anything_but_the_oldest_is_ignored() -> None:
    till = Till(commit_ms=None)
    for button in (1, 2):
        till.press(button)
        till.run(100)
    assert till.host is not None
    till.host.confirm(till.host.events[1])
    assert [event.value for event in till.host.events] == [1, 2]


def test_mashing_five_buttons_twenty_times_a_second_loses_nothing() -> None:
    till = noisy(3, 0.001, 0.001)
    for number, button in enumerate(buttons(290)):
        till.press(button, at=till.ms + 20 + number * 50)
    till.run(290 * 50)
    till.settle()
    assert till.presses == buttons(290)
    assert till.panel.link.lost == 0


def test_what_finds_the_queue_full_is_counted_and_told_in_its_place() -> None:
    till = Till()
    till.settle()
    till.kill_agent()
    for button in buttons(42):
        till.press(button)
        till.run(60)
    assert till.panel.link.lost == 18
    till.start_agent()
    till.settle()
    till.press(5)
    till.run(100)
    till.settle()
    assert till.kinds() == [*[(PRESS, b) for b in buttons(24)], (OVERFLOW, 18), (PRESS, 5)]


def test_an_overflow_while_the_agent_is_slow_is_counted_completely() -> None:
    till = Till(commit_ms=200)
    till.settle()
    for number, button in enumerate(buttons(120)):
        till.press(button, at=till.ms + number * 50)
    till.run(120 * 50)
    till.settle(60_000)
    told = sum(value for kind, value in till.kinds() if kind == OVERFLOW)
    assert told == till.panel.link.lost > 0
    assert len(till.presses) + told == 120


def test_a_press_keeps_its_time_while_nobody_fetches_it() -> None:
    till = Till()
    till.settle()
    till.kill_agent()
    pressed_at = till.ms
    till.press(2)
    till.run(90_000)
    till.start_agent()
    till.settle()
    assert abs(till.times[0] - (pressed_at + 9)) <= 2


def test_a_press_keeps_its_time_over_the_wrap_of_the_counter() -> None:
    panel, host = PanelLink(boot=1, buttons=5), HostLink()
    panel.tick(WRAP_MS - 30)
    panel.push(PRESS, 1, WRAP_MS - 20)
    host.feed(panel.tick(WRAP_MS - 20), 0)
    assert host.events == []  # no hello yet: what began the line was before us
    panel.feed(encode(pack(POLL)))
    host.feed(panel.tick(500), 10_000)
    assert [event.ms for event in host.events] == [10_000 - 520]


def test_stuck_and_released_buttons_are_told_in_order() -> None:
    till = Till()
    till.settle()
    till.press(2, hold_ms=11_000)
    till.run(11_100)
    till.settle()
    assert till.kinds() == [(PRESS, 2), (STUCK, 2), (UNSTUCK, 2)]


def test_a_new_agent_learns_of_a_stuck_button_from_the_heartbeat() -> None:
    till = Till()
    till.settle()
    till.press(2, hold_ms=20_000)
    till.run(11_000)
    till.kill_agent()
    till.start_agent()
    till.run(1_500)
    assert till.host is not None
    assert till.host.stuck == 0b10


def test_the_seq_counts_on_after_65535() -> None:
    panel, host = PanelLink(boot=1, buttons=5), HostLink()
    for number in range(65_540):
        panel.push(PRESS, 1, number)
        host.feed(panel.tick(number), number)
        host.confirm(host.events[0])
        panel.feed(host.tick(number))
    assert panel.queued == 0
    assert not host.events


def test_a_light_survives_noise_and_shows_once() -> None:
    till = noisy(11, 0.03, 0.03)
    assert till.host is not None
    for number in range(20):
        till.host.light(THANKS, till.ms)
        till.run(400)
        assert till.panel.link.lights == number + 1
        assert till.panel.light == THANKS
        till.run(1_000)
        assert till.panel.light == 0
    assert not till.host.busy


def test_a_light_that_comes_too_late_is_not_shown() -> None:
    till = Till()
    till.settle()
    till.plugged = False
    assert till.host is not None
    till.host.light(THANKS, till.ms)
    till.run(1_500)
    till.plugged = True
    till.run(200)
    assert till.panel.link.lights == 0


def test_a_panel_with_another_protocol_is_refused_and_named() -> None:
    host = HostLink()
    host.feed(encode(pack(HELLO, VERSION + 1, *FIRMWARE, 1, 1, 5, 24, 0, 0)), 0)
    assert host.panel is None
    assert host.bad_version == VERSION + 1


def test_a_hello_tells_what_the_panel_is() -> None:
    host = HostLink()
    host.feed(PanelLink(9, 4, panel_id=0xE66164084373532B, reset_cause=2).tick(0), 0)
    about = host.panel
    assert about is not None
    assert (about.boot, about.buttons, about.queue, about.reset_cause) == (9, 4, 24, 2)
    assert (about.panel_id, about.firmware) == ("e66164084373532b", "1.1")


@pytest.mark.parametrize(
    "message",
    [
        pack(HELLO, VERSION, *FIRMWARE, 0x12345678, 1, 5, 24, 2, 0xE66164084373532B),
        pack(EVENT, 0x12345678, 1, 9, PRESS, 3),
        pack(HEARTBEAT, 0x12345678, 61_000, 1, 0, 0, 0),
        pack(LIGHT_SEEN, 7),
        pack(POLL),
        pack(ACK, 0x12345678, 2, 1),
        pack(LIGHT, 7, THANKS),
        pack(SERVICE, SERVICE_WORD),
    ],
)
def test_the_bytes_in_the_description_of_the_protocol_are_right(message: bytes) -> None:
    text = (Path(__file__).parents[2] / "firmware" / "README.md").read_text(encoding="utf-8")
    assert f"`{encode(message).hex(' ')}`" in text
    assert re.search(rf"\| 0x{message[0]:02x} \w+ \| \w+ \| {len(message)} \|", text)


def test_service_waits_until_all_presses_are_committed_and_noise_does_not_ask_for_it() -> None:
    panel = PanelLink(boot=2, buttons=5)
    panel.feed(encode(pack(SERVICE, SERVICE_WORD ^ 1)))
    assert not panel.service
    panel.push(PRESS, 1, 0)
    panel.feed(encode(pack(SERVICE, SERVICE_WORD)))
    assert not panel.service
    panel.feed(encode(pack(ACK, 2, 1, 1)))
    panel.feed(encode(pack(SERVICE, SERVICE_WORD)))
    assert panel.service


def test_an_acknowledgement_of_another_boot_or_of_the_future_is_ignored() -> None:
    panel = PanelLink(boot=2, buttons=5)
    panel.push(PRESS, 1, 0)
    panel.tick(0)
    for ack in (pack(ACK, 1, 1, 1), pack(ACK, 2, 9, 9), pack(ACK, 2, 0, 1)):
        panel.feed(encode(ack))
        assert panel.queued == 1


def test_at_most_a_window_is_on_the_way() -> None:
    panel = PanelLink(boot=1, buttons=5)
    for _ in range(20):
        panel.push(PRESS, 1, 0)
    assert seqs(panel.tick(0)) == list(range(1, 9))
    assert seqs(panel.tick(1)) == []
    assert seqs(panel.tick(25)) == list(range(1, 9))


def test_a_panel_without_a_host_tries_ever_more_rarely() -> None:
    panel = PanelLink(boot=1, buttons=5)
    panel.push(PRESS, 1, 0)
    sent = [ms for ms in range(10_000) if seqs(panel.tick(ms))]
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert gaps[:6] == [25, 50, 100, 200, 400, 800]
    assert set(gaps[6:]) == {800}


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    flipped=st.floats(0, 0.025),
    dropped=st.floats(0, 0.025),
    doubled=st.floats(0, 0.025),
    commit_ms=st.integers(0, 60),
    deaths=st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 300)), max_size=4),
)
def test_any_noise_and_any_deaths_of_the_agent_lose_and_double_nothing(
    seed: int, flipped: float, dropped: float, doubled: float, commit_ms: int, deaths: list[tuple[int, int]]
) -> None:
    till = Till(Noise(flipped, dropped, doubled, seed), Noise(flipped, dropped, doubled, ~seed))
    till.commit_ms = commit_ms
    till.run(20)
    for number, button in enumerate(buttons(20)):
        till.press(button, at=till.ms + number * 100)
    begin = till.ms
    for at, away in sorted(deaths):
        till.run(max(0, begin + at - till.ms))
        till.kill_agent()
        till.run(away)
        till.start_agent()
    till.run(max(0, begin + 2_000 - till.ms))
    till.settle(60_000)
    assert till.presses == buttons(20)
