"""The agent's side of the line: what is said becomes events, once each, and nothing that is said stops it."""

import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from tests.harness.edge_configs import device_config
from tests.harness.eyes import all_confirmed, boot_ms, camera_seen, contact, new_line, speak
from tests.harness.outboxes import all_held, new_outbox
from tests.harness.processes import wait_until

from tillsight_edge.cameras import CameraNow, Cameras
from tillsight_edge.clock import SystemClock
from tillsight_edge.config import DeviceConfig
from tillsight_edge.outbox import Outbox
from tillsight_edge.vision.process import wire
from tillsight_edge.vision.process.wire import (
    AgesCounted,
    Confirmed,
    Message,
    MoodsCounted,
    PauseAsked,
    PresenceSeen,
    QueueSeen,
    VisitorsCounted,
)
from tillsight_models.events import (
    CameraReported,
    ContactEnded,
    EmotionWindowed,
    Event,
    Payload,
    QueueWatched,
    TrafficCounted,
)

Start = Callable[[], Cameras]
MOODS = MoodsCounted(at_ms=5, period_s=900.0, positive=4, neutral=5, negative=1, unknown=3)


def configured(folder: Path, **sections: Any) -> DeviceConfig:
    """A device with two cameras; one of them counts an entrance with a name."""
    cameras = {
        "till": {"source": "scene:1", "down_after_s": 60, "zone": [[0.1, 0.1], [0.9, 0.9]]},
        "door": {"source": "scene:2", "down_after_s": 60, "entrance": "north"},
    }
    return device_config(folder, **{"cameras": cameras, **sections})


@pytest.fixture
def config(tmp_path: Path) -> DeviceConfig:
    return configured(tmp_path)


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return new_outbox(tmp_path)


@pytest.fixture
def start(outbox: Outbox, config: DeviceConfig) -> Iterator[Callable[..., Cameras]]:
    """Begin to listen; whatever listens at the end is stopped."""
    running: list[Cameras] = []

    def begin(
        of: DeviceConfig = config, on_change: Callable[[], None] = lambda: None, starting_s: float = 60
    ) -> Cameras:
        cameras = Cameras(of, outbox, SystemClock(), on_change=on_change, starting_s=starting_s)
        cameras.start()
        running.append(cameras)
        return cameras

    yield begin
    for cameras in running:
        cameras.stop()


def events(outbox: Outbox, kind: type[Payload]) -> list[Event]:
    return [event for event in all_held(outbox) if isinstance(event.payload, kind)]


def raw_line(path: Path) -> socket.socket:
    """Somebody who says what no process that sees would; the agent's first words are heard."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wait_until(lambda: line.connect_ex(str(path)) == 0, "somebody who listens")
    line.settimeout(10)
    assert wire.decode_words(line.recv(512)) == PauseAsked(until_ms=0)
    return line


def confirmed(line: socket.socket) -> Confirmed:
    words = wire.decode_words(line.recv(512))
    assert isinstance(words, Confirmed)
    return words


def test_a_contact_is_dated_when_the_person_left(start: Start, outbox: Outbox, config: DeviceConfig) -> None:
    cameras = start()
    line = new_line(config.vision_socket)
    left_ms = boot_ms() - 4_000
    line.tell(contact(7, left_ms))
    all_confirmed(line)
    (event,) = events(outbox, ContactEnded)
    assert event.payload == ContactEnded(source="camera", dwell_s=7.0, people=1, camera="till", quality=0.5)
    assert event.at.mono == left_ms
    assert cameras.contacts == 1


def test_visitors_queue_and_windows_become_their_events(
    tmp_path: Path, start: Callable[..., Cameras], outbox: Outbox
) -> None:
    config = configured(tmp_path, emotion={"enabled": True})
    start(config)
    door, till = new_line(config.vision_socket, "door"), new_line(config.vision_socket, "till")
    door.tell(VisitorsCounted(at_ms=boot_ms(), period_s=300.0, entered=5, left=4))
    till.tell(VisitorsCounted(at_ms=boot_ms(), period_s=300.0, entered=1, left=0))
    queue = {"mean_people": 1.5, "most_people": 3, "waited": 2, "mean_wait_s": 20.0, "longest_wait_s": 31.0}
    till.tell(QueueSeen(at_ms=boot_ms(), period_s=300.0, **queue))  # type: ignore[arg-type]
    till.tell(MOODS)
    all_confirmed(door)
    all_confirmed(till)
    counted = {event.payload.entrance: event.payload.entered for event in events(outbox, TrafficCounted)}  # type: ignore[attr-defined]
    assert counted == {"north": 5, "till": 1}
    assert events(outbox, QueueWatched)[0].payload == QueueWatched(period_s=300.0, camera="till", **queue)  # type: ignore[arg-type]
    assert events(outbox, EmotionWindowed)[0].payload == EmotionWindowed(
        period_s=900.0, positive=4, neutral=5, negative=1, unknown=3, model="emotion"
    )


def test_what_the_site_has_not_declared_is_not_stored(
    start: Start, outbox: Outbox, config: DeviceConfig
) -> None:
    cameras = start()
    line = new_line(config.vision_socket)
    counts = dict.fromkeys(
        [
            "under_18",
            "from_18",
            "from_30",
            "from_45",
            "from_60",
            "age_unknown",
            "male",
            "female",
            "gender_unknown",
        ],
        3,
    )
    line.tell(MOODS)
    line.tell(AgesCounted(at_ms=5, period_s=900.0, **counts))
    line.tell(contact(1))
    all_confirmed(line)
    assert [event.type for event in all_held(outbox)] == ["contact.end"]
    assert cameras.refused == 2


def test_what_is_said_twice_is_stored_once_also_by_the_next_agent(
    start: Start, outbox: Outbox, config: DeviceConfig
) -> None:
    start()
    line = raw_line(config.vision_socket)
    packets = [
        wire.encode(Message(camera="till", session=5, seq=seq, seen=contact(seq))) for seq in (1, 2, 3)
    ]
    for packet in [*packets, *packets[1:]]:
        line.send(packet)
    wait_until(lambda: len(events(outbox, ContactEnded)) == 3, "three contacts")
    line.close()
    start()
    again = raw_line(config.vision_socket)
    again.settimeout(10)
    for packet in packets:
        again.send(packet)
    assert [confirmed(again).seq for _ in packets] == [1, 2, 3]
    again.send(wire.encode(Message(camera="till", session=6, seq=1, seen=contact(9))))
    wait_until(lambda: len(events(outbox, ContactEnded)) == 4, "another session's contact")
    again.close()


def test_nothing_is_confirmed_that_is_not_on_the_disk(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder", encoding="utf-8")
    config = configured(
        tmp_path, outbox={"path": str(blocked / "outbox.db")}, vision={"socket": str(tmp_path / "s")}
    )
    outbox = new_outbox(blocked)
    cameras = Cameras(config, outbox, SystemClock())
    cameras.start()
    try:
        line = new_line(config.vision_socket)
        for number in (1, 2):
            line.tell(contact(number))
        speak(line, lambda: bool(outbox.problem), "the outbox's problem")
        assert line.waiting == 2
        blocked.unlink()
        all_confirmed(line)
        assert [event.payload.dwell_s for event in events(outbox, ContactEnded)] == [1.0, 2.0]  # type: ignore[attr-defined]
    finally:
        cameras.stop()


@pytest.mark.parametrize("packet", [b"\x00" * 400, b"{}", b"x" * 513, bytes(60_000), b"[" * 500])
def test_a_packet_that_is_no_message_is_counted_and_the_next_one_is_heard(
    start: Start, outbox: Outbox, config: DeviceConfig, packet: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    cameras = start()
    line = raw_line(config.vision_socket)
    line.send(packet)
    line.send(packet)
    line.send(wire.encode(Message(camera="attic", session=5, seq=1, seen=contact(1))))
    line.send(wire.encode(Message(camera="till", session=5, seq=2, seen=contact(2))))
    wait_until(lambda: len(events(outbox, ContactEnded)) == 1, "a contact")
    assert cameras.refused == 3
    assert len([record for record in caplog.records if "refused" in record.message]) == 1
    line.close()


def answer_to_a_stranger(path: Path, group: int) -> int:
    """0 where a process of another user, in this group, is hung up on; 1 where it is let in."""
    for folder in (path, *path.parents):
        if Path(gettempdir()) in folder.parents:
            folder.chmod(0o777)
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(12345)
        stranger = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stranger.settimeout(2)
        try:
            stranger.connect(str(path))
            os._exit(1 if stranger.recv(512) else 0)
        finally:
            os._exit(2)  # also where it may not even knock: it must not go on as a second pytest
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize(("starts", "group", "answer"), [(True, 0, 0), (False, 12345, 0), (False, 0, 1)])
def test_only_this_user_may_speak_or_this_group_where_another_service_sees(
    tmp_path: Path, start: Callable[..., Cameras], starts: bool, group: int, answer: int
) -> None:
    config = configured(tmp_path, vision={"start": starts})
    start(config)
    raw_line(config.vision_socket).close()
    assert stat.S_IMODE(config.vision_socket.stat().st_mode) == (0o600 if starts else 0o660)
    assert answer_to_a_stranger(config.vision_socket, group) == answer


def test_a_socket_that_an_agent_left_behind_is_replaced(start: Start, config: DeviceConfig) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as old:
        old.bind(str(config.vision_socket))
    start()
    line = new_line(config.vision_socket)
    speak(line, lambda: line.connected, "a line")


def test_where_no_socket_can_be_made_one_is_made_later(tmp_path: Path, start: Callable[..., Cameras]) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("no folder", encoding="utf-8")
    config = configured(tmp_path, vision={"socket": str(blocked / "sock")})
    start(config)
    wait_until(lambda: threading.active_count() > 1, "a thread")
    blocked.unlink()
    line = new_line(config.vision_socket)
    speak(line, lambda: line.connected, "a line")


def test_presence_is_known_and_never_stored(
    outbox: Outbox, config: DeviceConfig, start: Callable[..., Cameras]
) -> None:
    changes: list[int] = []
    cameras = start(config, lambda: changes.append(1))
    line = new_line(config.vision_socket)
    speak(line, lambda: line.connected, "a line")
    assert (cameras.now, cameras.worst) == ({}, None)
    for _ in range(3):
        line.tell_now(PresenceSeen(present=2, serving=1, state="ok"))
    wait_until(lambda: cameras.now == {"till": CameraNow("ok", 2, 1)}, "presence")
    line.tell_now(PresenceSeen(present=0, serving=0, state="dark"))
    wait_until(lambda: cameras.worst == "dark", "a dark camera")
    assert len(changes) == 2
    assert not all_held(outbox)


def test_a_camera_of_which_nothing_is_heard_is_down_until_something_is(
    tmp_path: Path, outbox: Outbox, start: Callable[..., Cameras]
) -> None:
    cameras = {"till": {"source": "scene:1", "down_after_s": 1}}
    config = configured(tmp_path, cameras=cameras)
    began_ms = boot_ms()
    listening = start(config, starting_s=1)
    wait_until(lambda: listening.worst == "down", "a camera that is down")
    (event,) = events(outbox, CameraReported)
    line = new_line(config.vision_socket)
    speak(line, lambda: line.connected, "a line")
    line.tell_now(PresenceSeen(present=0, serving=0, state="ok"))
    wait_until(lambda: listening.worst == "ok", "a camera that is back")
    back_ms = boot_ms()
    line.tell(camera_seen(back_ms, back_ms - began_ms))
    all_confirmed(line)
    reports = [event.payload for event in events(outbox, CameraReported)]
    assert [(report.state, report.working_s > 0) for report in reports] == [("down", False), ("ok", True)]  # type: ignore[attr-defined]
    told_s = sum(report.period_s for report in reports)  # type: ignore[attr-defined]
    assert abs(told_s - (back_ms - began_ms) / 1000) < 0.1
    assert event.payload.detail == "the process that sees is silent"  # type: ignore[attr-defined]


def test_a_report_says_whether_the_camera_counts_contacts(
    start: Start, outbox: Outbox, config: DeviceConfig
) -> None:
    start()
    for camera in config.cameras:
        line = new_line(config.vision_socket, camera)
        line.tell(camera_seen(boot_ms(), 0))
        all_confirmed(line)
    told = {event.payload.camera: event.payload.contacts for event in events(outbox, CameraReported)}  # type: ignore[attr-defined]
    assert told == {"till": True, "door": False}


def test_coverage_goes_on_where_the_last_agent_of_this_boot_left_it(
    start: Start, outbox: Outbox, config: DeviceConfig
) -> None:
    first = start()
    line = new_line(config.vision_socket)
    began_ms = boot_ms()
    line.tell(camera_seen(began_ms, 0))
    all_confirmed(line)
    first.stop()
    speak(line, lambda: not line.connected, "the end of the line")
    line.tell(camera_seen(began_ms + 5_000, 5_000))
    start()
    all_confirmed(line)
    assert [event.payload.period_s for event in events(outbox, CameraReported)][1:] == [5.0]  # type: ignore[attr-defined]


def test_the_newest_line_speaks_for_a_camera_and_what_the_older_one_said_is_kept(
    start: Start, outbox: Outbox, config: DeviceConfig
) -> None:
    start()
    older, newer = raw_line(config.vision_socket), raw_line(config.vision_socket)
    older.send(wire.encode(Message(camera="till", session=5, seq=1, seen=contact(1))))
    wait_until(lambda: len(events(outbox, ContactEnded)) == 1, "the older one's contact")
    newer.send(wire.encode(Message(camera="till", session=6, seq=1, seen=contact(2))))
    older.settimeout(10)
    assert confirmed(older).session == 5
    assert older.recv(512) == b""
    wait_until(lambda: len(events(outbox, ContactEnded)) == 2, "the newer one's contact")
    older.close()
    newer.close()


def test_a_pause_is_told_at_once_and_first_to_whoever_connects_later(
    outbox: Outbox, config: DeviceConfig
) -> None:
    until_ms = [0]
    cameras = Cameras(config, outbox, SystemClock(), paused_until_ms=lambda: until_ms[0])
    cameras.start()
    try:
        early = new_line(config.vision_socket)
        speak(early, lambda: early.wants_frames and early.connected, "the agent's first words")
        until_ms[0] = boot_ms() + 60_000
        late = new_line(config.vision_socket, "door")
        for line in (early, late):
            speak(line, lambda line=line: line.is_paused, "the pause")  # type: ignore[misc]
        until_ms[0] = boot_ms()
        speak(late, lambda: late.wants_frames, "the end of the pause")
    finally:
        cameras.stop()
