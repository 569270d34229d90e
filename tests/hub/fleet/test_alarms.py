"""Alarms of the fleet: raised once, sent once, within a budget, and over when their cause is gone."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, func, select, update
from tests.harness.ingesting import MINUTE, NOON

from tillsight_hub.config import HubConfig
from tillsight_hub.database import writing
from tillsight_hub.fleet.alarms import HOUR_MS, Alarms, open_by_condition
from tillsight_hub.fleet.hub_troubles import hub_troubles
from tillsight_hub.fleet.sightings import FRESH_MS, note_sighting
from tillsight_hub.identity.authority import CRL_DAYS
from tillsight_hub.identity.handing_out import make_authority
from tillsight_hub.tables import device, fleet_alarm, mail
from tillsight_models.configuration import read_settings
from tillsight_models.events import HealthReported


class Hook:
    """A webhook that remembers; it may be away."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.there = True

    def tell(self, message: Mapping[str, Any]) -> bool:
        if self.there:
            self.told.append((message["subject"], message["condition"]))
        return self.there


class Watch:
    """Alarms on a clock that the test moves."""

    def __init__(self, engine: Engine, folder: Path, **fleet: Any) -> None:
        self.engine, self.now, self.hook = engine, NOON, Hook()
        settings = {"data_dir": folder, "fleet": fleet, "mail": {"host": "mail.example"}}
        self.config = read_settings(settings, HubConfig)
        self.alarms = Alarms(engine, self.config, lambda each: each.key, self.hook, lambda: self.now)

    def turn(self, minutes: float = 0) -> list[tuple[str, str]]:
        """Time passes; what was sent since."""
        self.now += round(minutes * MINUTE)
        before = len(self.hook.told)
        self.alarms.turn()
        return self.hook.told[before:]

    def says(self, device_id: str = "box-1", **health: Any) -> None:
        """A device reports."""
        told = msgspec.json.encode(HealthReported(clock_quality="ntp", **health)).decode()
        with self.engine.begin() as connection:
            values = {"state": "ready", "last_seen": self.now, "health": told}
            connection.execute(update(device).where(device.c.id == device_id).values(values))

    def sees(self, device_id: str = "box-1") -> None:
        with writing(self.engine) as connection:
            note_sighting(connection, device_id, "two-boxes", self.now, "boot a came back")


@pytest.fixture
def watch(engine: Engine, tmp_path: Path) -> Watch:
    return Watch(engine, tmp_path, mail_to=["ops@example.org"])


def test_what_lasts_is_raised_and_sent_once_and_is_over_when_it_is_over(
    either_engine: Engine, tmp_path: Path
) -> None:
    watch = Watch(either_engine, tmp_path, mail_to=["ops@example.org"])
    watch.says(disk_free_percent=3.0)
    assert watch.turn() == []
    assert watch.turn(6) == [("box-1", "disk")]
    assert watch.turn(6) == []
    with either_engine.connect() as connection:
        assert open_by_condition(connection) == {"disk": 1}
        assert connection.scalars(select(mail.c.recipient)).all() == ["ops@example.org"]
    watch.says(disk_free_percent=50.0)
    watch.turn()
    with either_engine.connect() as connection:
        assert open_by_condition(connection) == {}


@pytest.mark.parametrize(
    ("health", "condition"),
    [
        ({"outbox_events": 9, "outbox_lag_s": 4000.0}, "lag"),
        ({"under_voltage": True}, "under_voltage"),
        ({"throttled": True}, "throttled"),
        ({"temperature_c": 84.0}, "hot"),
        ({"camera": "down"}, "camera_down"),
        ({"panel": "lost"}, "panel_lost"),
        ({"clock_offset_ms": 9000.0}, "clock_off"),
        ({"certificate_days": 3.0}, "certificate"),
        ({"wifi_dbm": -88.0}, "wifi"),
    ],
)
def test_every_condition_is_an_alarm(watch: Watch, health: dict[str, Any], condition: str) -> None:
    watch.says(**health)
    watch.turn()
    assert watch.turn(6) == [("box-1", condition)]


def test_what_is_over_soon_is_none(watch: Watch) -> None:
    watch.says(panel="lost")
    watch.turn()
    watch.says(panel="ok")
    assert watch.turn(3) == []
    watch.says(panel="lost")
    assert watch.turn(3) == []


def test_a_copied_card_is_one_at_once_and_counts_for_a_day(watch: Watch) -> None:
    watch.sees()
    assert watch.turn() == [("box-1", "two_boxes")]
    watch.says()
    watch.turn(FRESH_MS / MINUTE + 1)
    with watch.engine.connect() as connection:
        assert "two_boxes" not in open_by_condition(connection)


def test_another_look_at_the_same_database_sends_nothing_again(watch: Watch, tmp_path: Path) -> None:
    watch.sees()
    assert watch.turn() != []
    again = Watch(watch.engine, tmp_path)
    again.now = watch.now
    assert again.turn() == []


def test_a_device_and_all_together_have_a_budget(engine: Engine, tmp_path: Path) -> None:
    watch = Watch(engine, tmp_path, budget_per_device=2, budget_per_hour=3, patience_minutes=0)
    watch.says("box-1", panel="lost", camera="down", temperature_c=90.0)
    watch.says("box-2", panel="lost", camera="down")
    assert len(watch.turn()) == 3
    with engine.connect() as connection:
        held = fleet_alarm.c.held
        found = connection.execute(select(held, func.count()).group_by(held).order_by(held)).all()
    assert {row[0]: row[1] for row in found} == {None: 3, "budget": 1, "storm": 1}


def test_what_nobody_takes_waits_and_then_is_old_news(watch: Watch) -> None:
    watch.hook.there = False
    watch.sees()
    watch.turn()
    watch.hook.there = True
    assert watch.turn(1) == [("box-1", "two_boxes")]
    watch.hook.there = False
    watch.sees("box-2")
    watch.turn()
    watch.hook.there = True
    assert ("box-2", "two_boxes") not in watch.turn(HOUR_MS / MINUTE + 1)


def test_a_revocation_list_that_nobody_renews_is_an_alarm_in_time(watch: Watch) -> None:
    made = datetime(2026, 10, 6, tzinfo=UTC)
    assert list(hub_troubles(watch.config, NOON)) == []
    make_authority(watch.engine, watch.config, "Test", made)

    def found(days: float) -> list[tuple[str, int]]:
        at = round((made + timedelta(days=days)).timestamp() * 1000)
        return [(each.key, each.severity) for each in hub_troubles(watch.config, at)]

    assert found(CRL_DAYS - 4) == []
    assert found(CRL_DAYS - 2.5) == [("revocation_list", 1)]
    assert found(CRL_DAYS - 0.5) == [("revocation_list", 2)]


def test_an_old_backup_or_none_is_an_alarm(engine: Engine, tmp_path: Path) -> None:
    watch = Watch(engine, tmp_path, backups=str(tmp_path / "backups"))
    assert [each.key for each in hub_troubles(watch.config, NOON)] == ["backup"]
    (tmp_path / "backups").mkdir()
    file = tmp_path / "backups" / "hub-20261006.tar.gz"
    file.touch()
    os.utime(file, (NOON / 1000, NOON / 1000))
    assert list(hub_troubles(watch.config, NOON + HOUR_MS)) == []
    [trouble] = hub_troubles(watch.config, NOON + 40 * HOUR_MS)
    assert (trouble.key, trouble.values["hours"]) == ("backup", 40)
