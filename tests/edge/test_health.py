"""Health: what can be read is told, what cannot is absent, and lag survives wrong clocks."""

from pathlib import Path

from tests.harness.outboxes import PRESS, ack, new_outbox, press_times, send_all

from tillsight_edge.fakes import FakeClock
from tillsight_edge.health import HealthWatch, disk_free_percent, memory_mb, temperature_c
from tillsight_edge.outbox import Outbox
from tillsight_edge.ports import PanelStatus


def watch(outbox: Outbox, folder: Path, clock: FakeClock) -> HealthWatch:
    return HealthWatch(outbox, folder, clock, lambda: PanelStatus("ok", "1.0", 3), lambda: -12.5)


def test_health_tells_of_outbox_panel_clock_and_machine(tmp_path: Path) -> None:
    outbox, clock = new_outbox(tmp_path, max_events=100), FakeClock()
    press_times(outbox, 130)
    send_all(outbox)
    outbox.acknowledge(ack(outbox, 40), live=True)
    health = watch(outbox, tmp_path, clock).read()
    assert health.presses == 130
    assert (health.outbox_events, health.outbox_dropped) == (90, 30)
    assert (health.panel, health.panel_firmware, health.panel_bad_frames) == ("ok", "1.0", 3)
    assert (health.clock_quality, health.clock_offset_ms) == ("ntp", -12.5)
    assert health.uptime_s == clock.mono_ms() / 1000
    assert health.memory_mb is not None
    assert health.memory_mb > 5
    assert health.disk_free_percent is not None
    assert 0 <= health.disk_free_percent <= 100


def test_lag_is_the_age_of_the_oldest_event_by_the_monotonic_clock(tmp_path: Path) -> None:
    outbox, clock = new_outbox(tmp_path), FakeClock()
    assert watch(outbox, tmp_path, clock).read().outbox_lag_s == 0
    outbox.append(PRESS, clock.stamp())
    clock.advance(90)
    clock.synchronise(1_990_000_000_000)
    assert watch(outbox, tmp_path, clock).read().outbox_lag_s == 90


def test_lag_of_an_earlier_boot_is_by_wall_time_and_within_what_the_hub_takes(tmp_path: Path) -> None:
    outbox, clock = new_outbox(tmp_path), FakeClock(wall_ms=1_790_000_000_000)
    outbox.append(PRESS, clock.stamp())
    clock.reboot(wall_ms=1_790_000_060_000, quality="rtc")
    assert watch(outbox, tmp_path, clock).read().outbox_lag_s == 60
    clock.reboot(wall_ms=12_000)
    assert watch(outbox, tmp_path, clock).read().outbox_lag_s == 0
    clock.synchronise(3_000_000_000_000)
    assert watch(outbox, tmp_path, clock).read().outbox_lag_s == 864_000


def test_an_outbox_that_is_away_does_not_stop_the_rest(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("", encoding="utf-8")
    health = watch(new_outbox(folder), tmp_path, FakeClock()).read()
    assert (health.outbox_events, health.panel) == (0, "ok")


def test_the_hottest_zone_counts_and_no_zone_is_no_temperature(tmp_path: Path) -> None:
    assert temperature_c(tmp_path) is None
    for zone, text in enumerate(("41200\n", "57800\n", "no number")):
        file = tmp_path / f"sys/class/thermal/thermal_zone{zone}/temp"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="ascii")
    assert temperature_c(tmp_path) == 57.8


def test_what_is_not_there_is_absent(tmp_path: Path) -> None:
    assert disk_free_percent(tmp_path / "absent") is None
    assert memory_mb() is not None
