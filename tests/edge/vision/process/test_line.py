"""The watcher's end of the line, against a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.eyes import camera_seen, contact, new_line, speak
from tests.harness.processes import wait_until

from tillsight_edge.vision.process import wire
from tillsight_edge.vision.process.line import SPEECHLESS_MS, AgentLine
from tillsight_edge.vision.process.wire import (
    CameraSeen,
    Confirmed,
    ContactSeen,
    Message,
    PauseAsked,
    PresenceSeen,
)


class Listener:
    """An agent that confirms when it is told to."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(path))
        self._listener.listen()
        self.line: socket.socket | None = None

    def hear(self, line: AgentLine) -> Message:
        """The next message."""
        if self.line is None:
            line.turn()
            self.line, _ = self._listener.accept()
            self.line.settimeout(10)
        line.turn()
        return wire.decode(self.line.recv(1024))

    def confirm(self, message: Message) -> None:
        assert self.line is not None
        self.line.send(wire.encode_words(Confirmed(session=message.session, seq=message.seq)))

    def hang_up(self) -> None:
        if self.line is not None:
            self.line.close()
        self.line = None

    def close(self) -> None:
        self.hang_up()
        self._listener.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sock"


@pytest.fixture
def listener(path: Path) -> Iterator[Listener]:
    listener = Listener(path)
    yield listener
    listener.close()


def test_a_message_waits_until_it_is_confirmed(path: Path, listener: Listener) -> None:
    line = new_line(path)
    line.tell(contact(1))
    line.tell(contact(2))
    first, second = listener.hear(line), listener.hear(line)
    assert (first.camera, first.seq, second.seq) == ("till", 1, 2)
    assert isinstance(second.seen, ContactSeen)
    assert line.waiting == 2
    listener.confirm(second)
    speak(line, lambda: line.waiting == 0, "a confirmation")


def test_what_was_not_confirmed_is_said_again_on_the_next_line_with_the_same_numbers(
    path: Path, listener: Listener
) -> None:
    line = new_line(path)
    for number in (1, 2, 3):
        line.tell(contact(number))
    heard = [listener.hear(line) for _ in range(3)]
    listener.confirm(heard[0])
    speak(line, lambda: line.waiting == 2, "a confirmation")
    listener.hang_up()
    speak(line, lambda: not line.connected, "the end of the line")
    speak(line, lambda: line.connected, "a new line")
    assert [listener.hear(line) for _ in range(2)] == heard[1:]


def test_while_the_agent_is_away_everything_waits(path: Path) -> None:
    line = new_line(path)
    for number in range(10_000):
        line.tell(contact(number % 1000))
        line.turn()
    assert (line.waiting, line.connected) == (10_000, False)


def test_beyond_what_can_be_kept_the_oldest_goes_and_is_counted(path: Path, listener: Listener) -> None:
    line = new_line(path, keep=3)
    for number in (1, 2, 3, 4, 5):
        line.tell(contact(number))
    line.tell(camera_seen(9_000, 1_000))
    heard = [listener.hear(line) for _ in range(3)]
    assert [message.seq for message in heard] == [4, 5, 6]
    report = heard[2].seen
    assert isinstance(report, CameraSeen)
    assert report.lost == 2
    line.tell(camera_seen(9_500, 500))
    again = listener.hear(line).seen
    assert isinstance(again, CameraSeen)
    assert again.lost == 1


def test_what_is_so_now_is_said_once_or_not_at_all(path: Path, listener: Listener) -> None:
    line = new_line(path)
    now = PresenceSeen(present=1, serving=0, state="ok")
    line.tell_now(now)
    assert line.waiting == 0
    line.tell(contact(1))
    assert listener.hear(line).seq == 1
    line.tell_now(now)
    heard = listener.hear(line)
    assert (heard.seq, heard.seen) == (0, now)


def test_a_full_line_holds_nobody_up(path: Path, listener: Listener) -> None:
    line = new_line(path)
    for number in range(5_000):
        line.tell(contact(number % 100))
    line.turn()
    assert line.connected
    assert line.waiting == 5_000
    heard = [listener.hear(line).seq for _ in range(5_000)]
    assert heard == list(range(1, 5_001))


def test_nonsense_from_the_other_end_changes_nothing(path: Path, listener: Listener) -> None:
    line = new_line(path)
    line.tell(contact(1))
    message = listener.hear(line)
    assert listener.line is not None
    for packet in (b"nonsense", b'{"session":1,"seq":1}', b"\xff" * 600):
        listener.line.send(packet)
    listener.confirm(message)
    wait_until(lambda: line.turn() is None and line.waiting == 0, "a confirmation")  # type: ignore[func-returns-value]


def test_no_frame_is_wanted_before_the_agent_has_said_so_nor_while_it_asks_for_a_pause(
    path: Path, listener: Listener
) -> None:
    now_ms = [1_000]
    line = AgentLine(path, "till", lambda: now_ms[0])
    assert line.wants_frames  # an agent that is away cannot have asked for a pause
    line.turn()
    assert not line.wants_frames
    line.tell(contact(1))
    listener.hear(line)
    assert listener.line is not None
    listener.line.send(wire.encode_words(PauseAsked(until_ms=5_000)))
    speak(line, lambda: line.is_paused, "a pause")
    listener.close()
    speak(line, lambda: not line.connected, "the end of the line")
    assert line.is_paused
    now_ms[0] = 5_000
    assert line.wants_frames and not line.is_paused


def test_an_agent_that_says_nothing_is_not_waited_for(path: Path, listener: Listener) -> None:
    now_ms = [1_000]
    line = AgentLine(path, "till", lambda: now_ms[0])
    line.turn()
    assert line.connected and not line.wants_frames
    now_ms[0] += SPEECHLESS_MS
    assert line.wants_frames
