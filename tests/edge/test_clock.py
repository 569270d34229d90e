"""The clock says how far it can be believed, and tells once when it becomes known."""

from pathlib import Path

import pytest

from tillsight_edge import clock as clock_module
from tillsight_edge.clock import AnchorWatch, SystemClock
from tillsight_edge.fakes import FakeClock
from tillsight_models.events import ClockAnchored


def machine(
    root: Path, *, board: bool = False, rtc: str | None = None, timesync: bool = False, behind: bool = False
) -> Path:
    """Files of a machine as the clock looks for them."""
    files = {"proc/sys/kernel/random/boot_id": "6f1c0d5e-0000-4000-8000-000000000001\n"}
    if board:
        files["proc/device-tree/model"] = "Raspberry Pi 4 Model B"
    if rtc is not None:
        files["sys/class/rtc/rtc0/hctosys"] = rtc
    if timesync:
        files["run/systemd/timesync/synchronized"] = ""
    if behind:
        files["run/tillsight-clock/behind"] = ""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="ascii")
    return root


@pytest.fixture
def unsynchronised_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says that nobody set its clock, whatever this machine's does."""
    monkeypatch.setattr(clock_module, "_kernel_synchronised", lambda: False)


@pytest.mark.usefixtures("unsynchronised_kernel")
@pytest.mark.parametrize(
    ("files", "has_rtc", "quality"),
    [
        ({"timesync": True}, None, "ntp"),
        ({}, None, "rtc"),
        ({"board": True}, None, "unsynced"),
        ({"board": True, "rtc": "0\n"}, None, "unsynced"),
        ({"board": True, "rtc": "1\n"}, None, "rtc"),
        ({"board": True}, True, "rtc"),
        ({}, False, "unsynced"),
        ({"board": True, "rtc": "1\n", "behind": True}, None, "unsynced"),
        ({"behind": True}, True, "unsynced"),
        ({"behind": True, "timesync": True}, None, "ntp"),
    ],
)
def test_quality_follows_from_what_the_machine_has(
    tmp_path: Path, files: dict[str, str], has_rtc: bool | None, quality: str
) -> None:
    assert SystemClock(has_rtc, machine(tmp_path, **files)).stamp().tq == quality  # type: ignore[arg-type]


@pytest.mark.usefixtures("unsynchronised_kernel")
def test_a_clock_that_loses_its_time_server_goes_on_like_one_with_a_battery(tmp_path: Path) -> None:
    root = machine(tmp_path, board=True, timesync=True)
    clock = SystemClock(None, root)
    assert clock.stamp().tq == "ntp"
    (root / "run/systemd/timesync/synchronized").unlink()
    assert clock.stamp().tq == "rtc"
    assert SystemClock(None, root).stamp().tq == "unsynced"


@pytest.mark.usefixtures("unsynchronised_kernel")
def test_a_time_before_there_were_such_devices_is_unsynced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock_module, "NOT_BEFORE_MS", 10**14)
    assert SystemClock(True, machine(tmp_path)).stamp().tq == "unsynced"


def test_a_stamp_of_an_earlier_moment_keeps_the_distance() -> None:
    clock = SystemClock()
    earlier = clock.mono_ms()
    stamp, past = clock.stamp(earlier), clock.stamp(earlier - 5_000)
    assert stamp.mono - past.mono == 5_000
    assert abs((stamp.t - past.t) - 5_000) < 1_000
    assert len(stamp.boot) == 36


def test_a_boot_in_1970_that_synchronises_later_is_anchored_once() -> None:
    clock = FakeClock()
    clock.reboot(wall_ms=12_000)
    watch = AnchorWatch(clock)
    assert watch.look() is None
    clock.advance(3_600)
    clock.synchronise(1_790_000_000_000)
    found = watch.look()
    assert found is not None
    anchor, at = found
    assert anchor == ClockAnchored(boot="boot-2", mono=3_605_000, wall=1_790_000_000_000, quality="ntp")
    assert (at.t, at.tq) == (1_790_000_000_000, "ntp")
    clock.advance(10)
    assert watch.look() is None


def test_a_known_clock_is_anchored_at_the_start_and_a_better_one_again() -> None:
    clock = FakeClock(quality="rtc")
    watch = AnchorWatch(clock)
    first = watch.look()
    assert watch.look() is None
    clock.synchronise(1_790_000_000_500)
    second = watch.look()
    assert first is not None
    assert second is not None
    assert (first[0].quality, second[0].quality) == ("rtc", "ntp")
    clock.quality = "rtc"
    assert watch.look() is None
