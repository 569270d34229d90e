"""Alarms of the fleet: raised once, sent once, within a budget, and over when their cause is gone."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from tests.harness.ingesting import MINUTE, NOON

from tillsight_hub.config import HubConfig
from tillsight_hub.database import writing
from tillsight_hub.fleet.alarm_book import (
    Alarm,
    UnknownAlarm,
    acknowledge,
    forget_alarms,
    open_by_condition,
    read_alarms,
)
from tillsight_hub.fleet.alarms import HOUR_MS, Alarms
from tillsight_hub.fleet.hub_troubles import hub_troubles
from tillsight_hub.fleet.sightings import BROKER, FRESH_MS, Kind, Seen, last_turned_away, note_sighting
from tillsight_hub.fleet.versions import note_version
from tillsight_hub.identity.authority import CRL_DAYS
from tillsight_hub.identity.handing_out import make_authority
from tillsight_hub.tables import audit, certificate, device, device_sighting, fleet_alarm, mail
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


class Somebody:
    """A lookout that has seen what the test says, once."""

    def __init__(self) -> None:
        self.found: list[Seen] = []

    def seen(self) -> list[Seen]:
        found, self.found = self.found, []
        return found


class Watch:
    """Alarms on a clock that the test moves."""

    def __init__(self, engine: Engine, folder: Path, **fleet: Any) -> None:
        self.engine, self.now, self.hook = engine, NOON, Hook()
        settings = {"data_dir": folder, "fleet": fleet, "mail": {"host": "mail.example"}}
        self.config = read_settings(settings, HubConfig)
        self.lookout = Somebody()
        self.alarms = Alarms(
            engine,
            self.config,
            lambda each, what: f"{what} {each.key}",
            self.hook,
            [self.lookout],
            lambda: self.now,
        )

    def turn(self, minutes: float = 0) -> list[tuple[str, str]]:
        """Time passes; what was sent since."""
        self.now += round(minutes * MINUTE)
        before = len(self.hook.told)
        self.alarms.turn()
        return self.hook.told[before:]

    def says(self, device_id: str = "box-1", **health: Any) -> None:
        """A device reports."""
        told = msgspec.json.encode(HealthReported(**{"clock_quality": "ntp", **health})).decode()
        with self.engine.begin() as connection:
            values = {"state": "ready", "last_seen": self.now, "health": told}
            connection.execute(update(device).where(device.c.id == device_id).values(values))

    def open(self, condition: str) -> list[Alarm]:
        """What goes on."""
        with self.engine.connect() as connection:
            found = read_alarms(connection, is_open=True)
        return [each for each in found if each.condition == condition]

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
        ({"disk_free_percent": 3.0}, "disk"),
        ({"disk_worn_percent": 90.0}, "worn"),
        ({"disk_errors": 1}, "disk_errors"),
        ({"kiosk": "lost"}, "kiosk_lost"),
        ({"clock_quality": "unsynced"}, "clock_unsynced"),
        ({"outbox_set_aside": "outbox.db.broken"}, "set_aside"),
    ],
)
def test_every_condition_is_an_alarm(watch: Watch, health: dict[str, Any], condition: str) -> None:
    watch.says(**health)
    watch.turn()
    assert watch.turn(6) == [("box-1", condition)]


def test_a_box_that_missed_an_update_is_an_alarm_a_week_after_the_hubs(watch: Watch) -> None:
    with writing(watch.engine) as connection:
        note_version(connection, "2.0", watch.now)
        note_version(connection, "2.0", watch.now + 5 * FRESH_MS)  # a restart is no update
        connection.execute(update(device).where(device.c.id == "box-1").values(version="1.9"))
        connection.execute(update(device).where(device.c.id == "box-2").values(version="2.0"))
    for days in (6, 2):
        watch.now += days * FRESH_MS
        for id in ("box-1", "box-2"):
            watch.says(id)
        watch.turn()
    assert watch.turn(6) == [("box-1", "version")]
    [alarm] = watch.open("version")
    assert alarm.values == {"version": "1.9", "expected": "2.0"}


def test_what_is_over_soon_is_none(watch: Watch) -> None:
    watch.says(panel="lost")
    watch.turn()
    watch.says(panel="ok")
    assert watch.turn(3) == []
    watch.says(panel="lost")
    assert watch.turn(3) == []


def test_a_copied_card_is_one_at_once_and_goes_on_until_somebody_sees_to_it(
    either_engine: Engine, tmp_path: Path
) -> None:
    watch = Watch(either_engine, tmp_path)
    watch.sees()
    assert watch.turn() == [("box-1", "two_boxes")]
    watch.says()
    watch.turn(FRESH_MS / MINUTE + 1)  # nothing was seen of it for a day
    [alarm] = watch.open("two_boxes")
    assert alarm.needs_somebody
    with writing(either_engine) as connection:
        acknowledge(connection, alarm.id, "ops", watch.now)
    watch.turn()
    assert watch.open("two_boxes") == []


def test_what_somebody_sees_to_goes_on_while_its_cause_does(watch: Watch) -> None:
    watch.sees()
    watch.turn()
    [alarm] = watch.open("two_boxes")
    with writing(watch.engine) as connection:
        acknowledge(connection, alarm.id, "ops", watch.now)
    watch.turn(6)
    assert [each.acknowledged_by for each in watch.open("two_boxes")] == ["ops"]


def test_who_answers_first_stays_and_is_in_the_audit_trail(watch: Watch) -> None:
    watch.sees()
    watch.turn()
    [alarm] = watch.open("two_boxes")
    for actor in ("ada", "ben"):
        with writing(watch.engine) as connection:
            acknowledge(connection, alarm.id, actor, watch.now)
    with watch.engine.connect() as connection:
        told = connection.execute(select(audit.c.actor, audit.c.action, audit.c.detail)).all()
    assert [tuple(row) for row in told] == [("ada", "alarm.acknowledged", f"{alarm.id} box-1: two_boxes")]


@pytest.mark.parametrize(("number", "subjects"), [(99, None), (1, {"box-2"})])
def test_nobody_answers_for_what_is_not_theirs_or_is_not_there(
    watch: Watch, number: int, subjects: set[str] | None
) -> None:
    watch.sees()
    watch.turn()
    with writing(watch.engine) as connection, pytest.raises(UnknownAlarm, match=f"alarm {number}: "):
        acknowledge(connection, number, "ops", watch.now, subjects)


def test_an_alarm_goes_on_once_whatever_looks(either_engine: Engine, tmp_path: Path) -> None:
    watch = Watch(either_engine, tmp_path)
    watch.sees()
    watch.turn()
    with pytest.raises(IntegrityError), writing(either_engine) as connection:
        double = {"subject": "box-1", "condition": "two_boxes", "severity": 2, "text": "", "raised": 1}
        connection.execute(insert(fleet_alarm).values(double))


def test_what_becomes_worse_is_said_so_and_not_sent_again(watch: Watch) -> None:
    watch.says(disk_free_percent=8.0)
    watch.turn()
    watch.turn(6)
    watch.says(disk_free_percent=2.0)
    assert watch.turn(1) == []
    [alarm] = watch.open("disk")
    assert (alarm.severity, alarm.values) == (2, {"percent": 2})


@pytest.mark.parametrize(
    ("kind", "detail", "condition"),
    [
        ("flood", "90 messages", "flood"),
        ("flapping", "2", "flapping"),
        ("restarts", "", "restarts"),
        ("reordered", "", "reordered"),
    ],
)
def test_what_a_lookout_sees_is_an_alarm(watch: Watch, kind: Kind, detail: str, condition: str) -> None:
    told = []
    for _ in range(7):
        watch.says()
        watch.lookout.found = [Seen("box-1", kind, detail, 9)]
        told += watch.turn(1)
    assert told == [("box-1", condition)]


def test_whom_the_broker_turned_away_may_be_a_revoked_device(watch: Watch) -> None:
    watch.lookout.found = [Seen(BROKER, "turned-away", "192.0.2.7", 3)]
    assert watch.turn() == [("hub", "turned_away")]
    gone = {"dev": "box-2", "issued": 1, "not_after": watch.now + 9 * HOUR_MS, "revoked": watch.now}
    with writing(watch.engine) as connection:
        connection.execute(insert(certificate).values(serial="ab", reason="stolen", **gone))
    watch.lookout.found = [Seen(BROKER, "turned-away", "192.0.2.7", 1)]
    assert watch.turn() == [("hub", "revoked_at_door")]
    [alarm] = watch.open("revoked_at_door")
    assert alarm.values == {"n": 4, "which": "box-2"}  # and no address: that is kept for a day
    with watch.engine.connect() as connection:
        assert last_turned_away(connection, watch.now) == "192.0.2.7"
        assert last_turned_away(connection, watch.now + FRESH_MS) is None


def test_what_is_over_is_forgotten_and_what_goes_on_is_not(watch: Watch) -> None:
    watch.says(panel="lost")
    watch.turn()
    watch.turn(6)
    watch.sees()
    watch.says()
    watch.turn()
    watch.now += 2 * FRESH_MS
    with writing(watch.engine) as connection:
        assert forget_alarms(connection, watch.now - FRESH_MS, watch.now) == 1
        assert [each.condition for each in read_alarms(connection)] == ["two_boxes"]
        assert connection.scalars(select(device_sighting.c.kind)).all() == []


def test_the_mail_says_what_to_do(watch: Watch) -> None:
    watch.sees()
    watch.turn()
    with watch.engine.connect() as connection:
        body = connection.scalar(select(mail.c.body))
    assert body is not None
    assert "do two_boxes" in body


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
