"""The uplink: whatever the network does, the hub ends with every event once, and is never flooded."""

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.outboxes import PRESS, at, new_outbox, press_times

from tillsight_edge.fakes import FakeClock, MemoryBroker, MemoryHub
from tillsight_edge.outbox import Outbox
from tillsight_edge.ports import Heard
from tillsight_edge.uplink import Uplink
from tillsight_models.delivery import Ack, HubState
from tillsight_models.events import HealthReported, decode_event, split_message
from tillsight_models.orders import OrderResult
from tillsight_models.presence import PresenceTold


class Line:
    """A device, its uplink and a hub on a broker in memory."""

    def __init__(self, folder: Path, window: int = 200, max_events: int = 1_000) -> None:
        self.clock = FakeClock()
        self.broker = MemoryBroker(MemoryHub(window, now=lambda: self.clock.stamp().t))
        self.outbox: Outbox = new_outbox(folder, max_events=max_events)
        self.transport = self.broker.transport()
        self.uplink = Uplink(self.outbox, self.transport, self.clock, random.Random(1))
        self.messages: list[list[bytes]] = []
        publish = self.broker.publish
        self.broker.publish = lambda message: (  # type: ignore[method-assign]
            self.messages.append(split_message(message)) or publish(message)  # type: ignore[func-returns-value]
        )

    def seqs_sent(self) -> list[int]:
        """The number of each event sent so far, repetitions included."""
        return [decode_event(raw).seq for message in self.messages for raw in message]

    def turn_until_empty(self, seconds: float = 600) -> None:
        """Turn as the agent would until the hub has everything."""
        end = self.clock.mono_ms() + seconds * 1000
        while self.outbox.books().left:
            self.clock.advance(max(0.001, self.uplink.turn()))
            assert self.clock.mono_ms() < end, "the outbox is not drained"


def test_a_press_is_one_bare_message_and_leaves_with_the_ack(tmp_path: Path) -> None:
    line = Line(tmp_path)
    press_times(line.outbox, 1)
    line.uplink.turn()
    line.uplink.turn()
    assert [len(message) for message in line.messages] == [1]
    assert line.outbox.books().left == 0


def test_a_backlog_goes_in_arrays_within_the_window(tmp_path: Path) -> None:
    line = Line(tmp_path, window=150)
    press_times(line.outbox, 400)
    line.broker.hub.window = 150
    line.broker.lossy = lambda: True
    line.uplink.turn()
    assert [len(message) for message in line.messages] == [100, 100]
    line.broker.lossy = lambda: False
    line.turn_until_empty()
    assert max(map(len, line.messages)) == 100
    assert len(line.broker.hub.events) == 400


def test_no_more_than_the_hubs_window_is_under_way(tmp_path: Path) -> None:
    line = Line(tmp_path, window=30)
    press_times(line.outbox, 1)
    line.uplink.turn()
    line.uplink.turn()
    line.messages.clear()
    press_times(line.outbox, 100)
    line.broker.lossy = lambda: True
    for _ in range(5):
        line.uplink.turn()
    assert line.seqs_sent() == list(range(2, 32))


def test_after_a_reconnect_everything_unacknowledged_is_sent_again(tmp_path: Path) -> None:
    line = Line(tmp_path)
    press_times(line.outbox, 3)
    line.broker.lossy = lambda: True
    line.uplink.turn()
    line.broker.online = False
    line.uplink.turn()
    line.broker.online = True
    line.broker.lossy = lambda: False
    line.uplink.turn()
    assert line.seqs_sent() == [1, 2, 3, 1, 2, 3]


def test_silence_is_answered_with_growing_jittered_patience(tmp_path: Path) -> None:
    line = Line(tmp_path)
    press_times(line.outbox, 1)
    line.broker.lossy = lambda: True
    times: list[int] = []
    while len(times) < 9:
        before = len(line.messages)
        line.uplink.turn()
        if len(line.messages) > before:
            times.append(line.clock.mono_ms())
        line.clock.advance(0.1)
    gaps = [(later - earlier) / 1000 for earlier, later in pairwise(times)]
    for doublings, gap in enumerate(gaps):
        expected = min(60, 2 * 2**doublings)
        assert 0.5 * expected <= gap <= 1.5 * expected + 0.1
    assert len({round(gap / min(60, 2 * 2**n), 2) for n, gap in enumerate(gaps)}) > 4


def test_a_transport_that_takes_nothing_is_not_hammered(tmp_path: Path) -> None:
    line = Line(tmp_path)
    press_times(line.outbox, 300)
    asked: list[bytes] = []
    line.transport.send = lambda message: bool(asked.append(message))  # type: ignore[method-assign,func-returns-value]
    for _ in range(600):
        line.uplink.turn()
        line.clock.advance(0.1)
    assert 3 <= len(asked) <= 8


def test_a_refusal_right_before_an_ack_does_not_silence_the_device(tmp_path: Path) -> None:
    line = Line(tmp_path)
    press_times(line.outbox, 150)
    send, answers = line.transport.send, iter([True, False])
    line.transport.send = lambda message: next(answers, True) and send(message)  # type: ignore[method-assign]
    line.uplink.turn()
    line.turn_until_empty()
    assert len(line.broker.hub.events) == 150


def test_a_hub_that_comes_back_does_not_wait_for_a_long_back_off(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.broker.hub_says(HubState(state="ready", since=1))
    press_times(line.outbox, 1)
    line.broker.lossy = lambda: True
    for _ in range(1_000):
        line.uplink.turn()
        line.clock.advance(0.1)
    line.broker.lossy = lambda: False
    line.broker.hub_says(HubState(state="lost", since=1))
    line.broker.hub_says(HubState(state="ready", since=2))
    for _ in range(25):
        line.uplink.turn()
        line.clock.advance(0.1)
    assert line.outbox.books().left == 0


def test_a_hub_that_comes_after_the_device_is_sent_to_at_once(tmp_path: Path) -> None:
    line = Line(tmp_path)
    press_times(line.outbox, 1)
    line.broker.lossy = lambda: True
    for _ in range(1_000):
        line.uplink.turn()
        line.clock.advance(0.1)
    line.broker.lossy = lambda: False
    line.broker.hub_says(HubState(state="ready", since=1))
    for _ in range(25):
        line.uplink.turn()
        line.clock.advance(0.1)
    assert line.outbox.books().left == 0


def test_a_full_outbox_reports_ahead_so_that_the_hub_can_move_on(tmp_path: Path) -> None:
    line = Line(tmp_path, window=20, max_events=100)
    press_times(line.outbox, 10)
    line.turn_until_empty()
    line.broker.online = False
    line.uplink.turn()
    press_times(line.outbox, 300)
    line.broker.online = True
    line.turn_until_empty()
    books = line.outbox.books()
    assert books.total.dropped == 200
    assert len(line.broker.hub.events) == books.total.appended - books.total.dropped
    assert line.broker.hub.ack(line.outbox.stream).upto == books.last_seq


def test_a_report_that_got_lost_is_sent_again(tmp_path: Path) -> None:
    line = Line(tmp_path, window=20, max_events=100)
    press_times(line.outbox, 1)
    line.turn_until_empty()
    line.broker.online = False
    line.uplink.turn()
    press_times(line.outbox, 299)
    line.broker.online = True
    line.broker.lossy = lambda: True
    line.uplink.turn()
    line.broker.lossy = lambda: False
    line.turn_until_empty()
    assert line.broker.hub.ack(line.outbox.stream).upto == 301


def test_a_hub_restored_from_a_backup_is_told_what_is_gone(tmp_path: Path) -> None:
    line = Line(tmp_path)
    press_times(line.outbox, 50)
    line.turn_until_empty()
    line.broker.hub = MemoryHub()
    press_times(line.outbox, 5)
    line.turn_until_empty()
    assert line.broker.hub.ack(line.outbox.stream).missing == []
    assert line.outbox.books().by_type["device.dropped"].acked == 1


def test_the_clock_offset_is_taken_from_live_acks_only(tmp_path: Path) -> None:
    line = Line(tmp_path)
    hub_ahead = MemoryHub(now=lambda: line.clock.stamp().t + 1_500)
    line.broker.hub = hub_ahead
    press_times(line.outbox, 1)
    line.uplink.turn()
    assert line.uplink.clock_offset_ms is None
    line.uplink.turn()
    assert line.uplink.clock_offset_ms == -1_500


class Post:
    """A transport that delivers when, and as often, as it is told: a bag for each direction."""

    def __init__(self, hub: MemoryHub) -> None:
        self.hub = hub
        self.to_hub: list[bytes] = []
        self.to_device: list[Heard] = []
        self.arrived: list[Heard] = []
        self.number = 1
        self.online = True

    def start(self, wake: Callable[[], None]) -> None: ...

    def stop(self) -> None: ...

    def tell(self, health: HealthReported) -> None: ...

    def show(self, presence: PresenceTold) -> None: ...

    def report(self, result: OrderResult) -> bool:
        return False

    def connection(self) -> int:
        return self.number if self.online else 0

    def send(self, message: bytes) -> bool:
        if self.online:
            self.to_hub.append(message)
        return self.online

    def heard(self) -> list[Heard]:
        arrived, self.arrived = self.arrived, []
        return arrived

    def deliver(self, place: int, *, keep: bool) -> None:
        """One message of a bag arrives; kept, it will come a second time."""
        if self.to_hub and place % 2:
            message = self.to_hub[place % len(self.to_hub)]
            if not keep:
                self.to_hub.remove(message)
            self.to_device += [Heard(ack, live=True) for ack in self.hub.take(message)]
        elif self.to_device:
            heard = self.to_device[place % len(self.to_device)]
            if not keep:
                self.to_device.remove(heard)
            self.arrived.append(heard)

    def lose(self, place: int) -> None:
        """One message of a bag never arrives."""
        bag: list[bytes] | list[Heard] = self.to_hub if place % 2 else self.to_device
        if bag:
            bag.pop(place % len(bag))

    def cut(self, retained: Ack | None) -> None:
        """The connection breaks and comes back; acks on their way are gone, messages may still arrive."""
        self.to_device.clear()
        self.arrived = [] if retained is None else [Heard(retained, live=False)]
        self.number += 1


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 30)),
        st.tuples(st.just("turn"), st.just(0)),
        st.tuples(st.just("deliver"), st.integers(0, 99)),
        st.tuples(st.just("repeat"), st.integers(0, 99)),
        st.tuples(st.just("lose"), st.integers(0, 99)),
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("cut"), st.integers(0, 3)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=60)
@given(steps, st.sampled_from([3, 25, 200]), st.sampled_from([100, 1_000]))
def test_any_loss_repetition_and_reordering_ends_with_everything_stored_once(
    steps: list[tuple[str, int]], window: int, max_events: int
) -> None:
    with TemporaryDirectory() as folder:
        clock = FakeClock()
        post = Post(MemoryHub(window))
        outbox = new_outbox(Path(folder), max_events=max_events)
        uplink = Uplink(outbox, post, clock, random.Random(1))
        acks: list[Ack] = []
        for step, number in steps:
            if step == "append":
                press_times(outbox, number)
            elif step == "turn":
                uplink.turn()
            elif step == "deliver" or step == "repeat":
                post.deliver(number, keep=step == "repeat")
            elif step == "lose":
                post.lose(number)
            elif step == "wait":
                clock.advance(number)
            elif step == "cut":
                acks.append(post.hub.ack(outbox.stream))
                post.cut(acks[max(0, len(acks) - 1 - number)])
            else:
                outbox.close()
                outbox = new_outbox(Path(folder), max_events=max_events)
                uplink = Uplink(outbox, post, clock, random.Random(1))
        settle(outbox, uplink, post, clock)
        check(outbox, post.hub)
        outbox.close()


def settle(outbox: Outbox, uplink: Uplink, post: Post, clock: FakeClock) -> None:
    """The weather is good from now on: all that is on its way arrives, in order."""
    for _ in range(3_000):
        uplink.turn()
        while post.to_hub or post.to_device:
            post.deliver(1 if post.to_hub else 0, keep=False)
        if not outbox.books().left and not post.arrived:
            return
        clock.advance(0.5)
    pytest.fail(f"not drained: {outbox.books()}, {post.hub.ack(outbox.stream)}")


def check(outbox: Outbox, hub: MemoryHub) -> None:
    """Each event is stored once or was dropped and said to be; the books say the same."""
    books = outbox.books()
    stored = {seq for _, seq in hub.events}
    assert {stream for stream, _ in hub.events} <= {books.stream}
    assert hub.ack(books.stream).upto == books.last_seq
    assert books.total.appended == books.last_seq == books.total.acked + books.total.dropped
    assert len(stored) >= books.total.acked
    assert books.last_seq - len(stored) <= books.total.dropped


def test_an_event_is_appended_while_messages_are_under_way(tmp_path: Path) -> None:
    line = Line(tmp_path)
    press_times(line.outbox, 1)
    line.uplink.turn()
    line.outbox.append(PRESS, at())
    line.uplink.turn()
    assert line.seqs_sent() == [1, 2]
