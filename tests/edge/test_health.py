"""Health: what can be read is told, what cannot is absent, and lag survives wrong clocks."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.harness.edge_configs import device_config
from tests.harness.identities import Identity
from tests.harness.outboxes import PRESS, ack, new_outbox, press_times, send_all

from tillsight_edge.camera_config import DeclarationSettings, EmotionSettings
from tillsight_edge.fakes import FakeClock
from tillsight_edge.health import (
    NO_FACES,
    SLOWED,
    SUPPLY_FILE,
    UNDER_VOLTAGE,
    Faces,
    HealthWatch,
    certificate_days,
    disk_errors,
    disk_free_percent,
    disk_worn_percent,
    faces_on,
    memory_mb,
    supply_bits,
    temperature_c,
    wifi_dbm,
)
from tillsight_edge.outbox import Outbox
from tillsight_edge.ports import PanelStatus
from tillsight_hub.identity.authority import Authority, as_pem


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


def test_the_firmware_of_a_raspberry_pi_says_how_its_supply_is(tmp_path: Path) -> None:
    assert supply_bits(tmp_path) is None
    file = tmp_path / SUPPLY_FILE
    file.parent.mkdir(parents=True)
    file.write_text("50005\n", encoding="ascii")
    bits = supply_bits(tmp_path)
    assert bits is not None
    assert (bool(bits & UNDER_VOLTAGE), bool(bits & SLOWED)) == (True, True)
    file.write_text("0\n", encoding="ascii")
    assert supply_bits(tmp_path) == 0


def test_the_wireless_signal_is_the_strongest(tmp_path: Path) -> None:
    assert wifi_dbm(tmp_path) is None
    (tmp_path / "proc/net").mkdir(parents=True)
    head = "Inter-| sta-|   Quality        |\n face | tus | link level noise |\n"
    (tmp_path / "proc/net/wireless").write_text(
        f"{head} wlan0: 0000   54.  -56.  -256        0\n wlan1: 0000   20.  -81.  -256        0\n",
        encoding="ascii",
    )
    assert wifi_dbm(tmp_path) == -56


def test_the_certificates_end_is_told_in_days(tmp_path: Path) -> None:
    made = datetime(2026, 10, 1, tzinfo=UTC)
    authority = Authority.create(tmp_path / "ca", "Test", made)
    (tmp_path / "cert.pem").write_bytes(as_pem(authority.for_device("box-1", Identity().request, made)))
    at = round((made + timedelta(days=80)).timestamp() * 1000)
    assert certificate_days(tmp_path / "cert.pem", at) == 10
    assert certificate_days(tmp_path / "none.pem", at) is None
    assert certificate_days(None, at) is None


@pytest.mark.parametrize(
    ("told", "worn"), [("0x03 0x01\n", 30.0), ("0x01 0x0b\n", 100.0), ("0x00 0x00\n", None), ("?\n", None)]
)
def test_the_wear_and_the_errors_of_the_outboxs_disk_are_told(
    tmp_path: Path, told: str, worn: float | None
) -> None:
    root, number = tmp_path / "root", tmp_path.stat().st_dev
    assert (disk_worn_percent(tmp_path, root), disk_errors(tmp_path, root)) == (None, None)
    partition = root / "sys/devices/mmc/block/mmcblk0/mmcblk0p3"
    for folder in (
        partition,
        partition.parent / "device",
        root / "sys/dev/block",
        root / "sys/fs/ext4/mmcblk0p3",
    ):
        folder.mkdir(parents=True)
    (root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").symlink_to(partition)
    assert (disk_worn_percent(tmp_path, root), disk_errors(tmp_path, root)) == (None, None)
    (partition.parent / "device/life_time").write_text(told, encoding="ascii")
    (root / "sys/fs/ext4/mmcblk0p3/errors_count").write_text("2\n", encoding="ascii")
    assert (disk_worn_percent(tmp_path, root), disk_errors(tmp_path, root)) == (worn, 2)


def test_it_says_what_the_site_has_declared_about_faces_and_whether_that_holds(tmp_path: Path) -> None:
    declared = DeclarationSettings(
        purpose="Satisfaction of customers, as totals",
        assessment="DPIA-2026-014",
        legal_basis="consent",
        responsible="store management",
        sign_installed=date(2026, 10, 1),
        expires=date(2026, 12, 31),
    )
    looks = EmotionSettings(enabled=True, staff_out_of_view=True)
    plain = device_config(tmp_path)
    config = plain.model_copy(update={"emotion": looks, "declaration": declared})
    told = {day: faces_on(config, date.fromisoformat(day)) for day in ("2026-12-30", "2026-12-31")}
    assert told["2026-12-30"] == Faces("on", "2026-12-31", "DPIA-2026-014")
    assert told["2026-12-31"] == Faces("off", "2026-12-31", "DPIA-2026-014")
    assert faces_on(config.model_copy(update={"emotion": plain.emotion}), date(2026, 12, 30)) == NO_FACES
