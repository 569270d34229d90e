"""Contacts from a presence sensor: a table of cases, and mock pins."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from tillsight_edge.config import PresenceSettings
from tillsight_edge.errors import PinsUnavailable
from tillsight_edge.fakes import FakeClock
from tillsight_edge.presence import GpioPresence, PresenceContacts
from tillsight_models.events import ContactEnded

CASES = tomllib.loads((Path(__file__).parent / "cases" / "presence.toml").read_text(encoding="utf-8"))["case"]
SETTINGS = PresenceSettings(pins=(17,), min_dwell_s=3, leave_gap_s=2, max_dwell_s=60)

Ended = list[tuple[ContactEnded, int]]


def counted(case: dict[str, Any], look_every_ms: int | None) -> Ended:
    """The contacts of a case; None looks only where something changes and at the end."""
    contacts = PresenceContacts(SETTINGS)
    end = round(case["end"] * 1000)
    changes = {round(s * 1000): edge == 0 for stay in case["seen"] for edge, s in enumerate(stay)}
    looks = {*changes, end, *range(0, end, look_every_ms or end + 1)}
    ended = [
        contacts.change(changes[ms], ms) if ms in changes else contacts.tick(ms)
        for ms in sorted(looks)
        if ms <= end
    ]
    return [contact for contact in ended if contact is not None]


@pytest.mark.parametrize("look_every_ms", [100, 1_000, None])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_contacts_of_the_cases(case: dict[str, Any], look_every_ms: int | None) -> None:
    found = [[left / 1000, contact.dwell_s] for contact, left in counted(case, look_every_ms)]
    assert found == case["contacts"]


def test_a_contact_says_where_it_comes_from() -> None:
    ((contact, _),) = counted({"seen": [[1, 5]], "end": 10}, None)
    assert contact == ContactEnded(source="presence", dwell_s=4.0, people=1)


def test_a_blocked_sensor_is_said_once_and_so_is_its_end(caplog: pytest.LogCaptureFixture) -> None:
    counted({"seen": [[1, 100]], "end": 150}, 1_000)
    assert [record.getMessage() for record in caplog.records] == [
        "the presence sensor sees something for more than 60 s",
        "the presence sensor is free again",
    ]


def test_any_of_several_sensors_sees_the_customer() -> None:
    factory = MockFactory()
    clock = FakeClock()
    seen: list[tuple[bool, int]] = []
    sensor = GpioPresence(PresenceSettings(pins=(17, 27)), clock, factory)
    sensor.start(lambda present, ms: seen.append((present, ms)))
    start = clock.mono_ms()
    for pin, high in ((17, True), (27, True), (17, False), (27, False)):
        clock.advance(1)
        getattr(factory.pin(pin), "drive_high" if high else "drive_low")()
    sensor.stop()
    factory.reset()
    assert seen == [(False, start), (True, start + 1_000), (False, start + 4_000)]


def test_a_sensor_that_pulls_to_ground_is_read_the_other_way() -> None:
    factory = MockFactory()
    seen: list[bool] = []
    sensor = GpioPresence(PresenceSettings(pins=(17,), active_high=False), FakeClock(), factory)
    sensor.start(lambda present, _: seen.append(present))
    factory.pin(17).drive_low()
    sensor.stop()
    factory.reset()
    assert seen == [False, True]


def test_a_machine_without_such_a_pin_says_so() -> None:
    sensor = GpioPresence(PresenceSettings(pins=(50,)), FakeClock(), MockFactory())
    with pytest.raises(PinsUnavailable, match="50"):
        sensor.start(lambda *_: None)
