"""Settings from the hub: tried while somebody watches, kept if all is well, taken back if not."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.harness.edge_configs import device_config
from tests.harness.outboxes import new_outbox

from tillsight_edge.config import DeviceConfig
from tillsight_edge.fakes import FakeClock
from tillsight_edge.remote_settings import RemoteSettings, merged
from tillsight_edge.seeing_again import BLIND_S
from tillsight_edge.trial import LONGEST_AWAY, WATCH_S, Values
from tillsight_edge.wanted import Wanted
from tillsight_models.configuration import setting_names
from tillsight_models.errors import BadConfig
from tillsight_models.events import CameraState
from tillsight_models.wanted import REMOTE, ConfigIs

ZONE = {"zone": [[0.1, 0.1], [0.9, 0.9]]}
CAMERAS = {"till": {"source": "scene:1", **ZONE}, "door": {"source": "scene:2", **ZONE}}
SLOW = {"till": {"frame_rate_hz": 3.0}}
NEW = {"panel.cooldown_s": 9, "presence.min_dwell_s": 4.5}


class Device:
    """A device that can be ill, or away from its hub."""

    def __init__(self, folder: Path, clock: FakeClock | None = None) -> None:
        self.folder = folder
        self.clock = clock or FakeClock()
        self.outbox = new_outbox(folder)
        self.trouble, self.connected = "", True
        self.config: DeviceConfig | None = None
        self.states: dict[str, CameraState] = {"till": "ok", "door": "down"}
        own = device_config(folder, panel={"cooldown_s": 5.0}, cameras=CAMERAS)
        self.settings = RemoteSettings(
            own,
            self.outbox,
            self.clock,
            apply=self.apply,
            trouble=lambda: self.trouble,
            is_connected=lambda: self.connected,
            states=lambda: self.states,
        )
        self.wanted = Wanted(folder / "wanted.json", self.settings.sections)
        self.settings.begin()
        self.wanted.begin()

    def apply(self, config: DeviceConfig, _: Values) -> None:
        self.config = config

    @property
    def cooldown_s(self) -> float:
        assert self.config is not None
        return self.config.panel.cooldown_s

    @property
    def rate_hz(self) -> float:
        assert self.config is not None
        return self.config.cameras["till"].frame_rate_hz

    def told_cameras(self, version: str, values: dict[str, Any]) -> None:
        self.wanted.take(json.dumps({"version": version, "cameras": values}).encode())

    def told(self, version: str, values: dict[str, Any]) -> None:
        self.wanted.take(json.dumps({"version": version, "device": values}).encode())

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.settings.turn()

    def again(self) -> "Device":
        """The agent ends, and another one starts."""
        self.outbox.close()
        return Device(self.folder, self.clock)


def test_new_settings_are_in_force_at_once_and_answered_for_once_they_are_kept(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told("a", NEW)
    assert device.cooldown_s == 9
    assert device.wanted.answer() is None
    device.pass_time(WATCH_S + 1)
    assert device.wanted.answer() == ConfigIs(version="a")
    assert device.again().cooldown_s == 9


def test_a_device_that_falls_ill_has_the_old_ones_back_and_says_why(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told("a", {"panel.cooldown_s": 7})
    device.pass_time(WATCH_S + 1)
    device.told("b", NEW)
    device.trouble = "the outbox cannot be written"
    device.pass_time(1)
    assert device.cooldown_s == 7
    why = "device: the settings before came back: the outbox cannot be written"
    assert device.wanted.answer() == ConfigIs(version="b", problems=[why])


def test_what_did_no_good_is_not_tried_again_until_it_is_other_settings(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told("a", NEW)
    device.trouble = "the uplink hangs"
    device.pass_time(1)
    device.trouble = ""
    again = device.again()
    again.told("a", NEW)
    assert again.cooldown_s == 5
    answer = again.wanted.answer()
    assert answer is not None
    assert answer.problems == ["device: the settings before came back: the uplink hangs"]
    again.told("b", {"panel.cooldown_s": 8})
    assert again.cooldown_s == 8


def test_who_loses_the_hub_meanwhile_waits_and_then_goes_back(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told("a", NEW)
    device.connected = False
    device.pass_time(WATCH_S + 1)
    assert (device.cooldown_s, device.settings.is_settled) == (9, False)
    device.pass_time(LONGEST_AWAY * WATCH_S)
    assert (device.cooldown_s, device.settings.is_settled) == (5, True)
    assert "no connection to the hub" in device.settings.troubles()[0]


def test_an_agent_that_dies_of_them_twice_comes_back_without(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told("a", NEW)
    second = device.again()
    assert second.cooldown_s == 9
    third = second.again()
    assert third.cooldown_s == 5
    assert "ended 2 times" in third.settings.troubles()[0]


def test_power_that_was_lost_once_changes_nothing(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told("a", NEW)
    second = device.again()
    second.pass_time(WATCH_S + 1)
    assert (second.again().cooldown_s, second.settings.troubles()) == (9, [])


def test_what_is_wanted_no_more_is_as_the_devices_own_file_says(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told("a", NEW)
    device.pass_time(WATCH_S + 1)
    device.told("b", {})
    device.pass_time(WATCH_S + 1)
    assert device.again().cooldown_s == 5


@pytest.mark.parametrize(
    "values",
    [
        {"hub.host": "evil.example"},
        {"emotion.enabled": 1},
        {"outbox.path": 1},
        {"panel.cooldown_s": -1},
        {"panel.cooldown_s": True},
        {"panel.cooldown_s": "5"},
        {"presence.min_dwell_s": 50, "presence.max_dwell_s": 50},
        {"presence.min_dwell_s": 3000},
        [],
    ],
)
def test_what_a_hub_may_not_set_changes_nothing(tmp_path: Path, values: Any) -> None:
    device = Device(tmp_path)
    device.told("a", values)
    assert device.config == device_config(tmp_path, panel={"cooldown_s": 5.0}, cameras=CAMERAS)
    answer = device.wanted.answer()
    assert answer is not None
    assert answer.problems


def test_every_remote_setting_is_one_of_the_device_and_its_ends_are_good(tmp_path: Path) -> None:
    assert REMOTE.keys() <= set(setting_names(DeviceConfig))
    own = device_config(tmp_path)
    for name, ends in REMOTE.items():
        for end in ends:
            if name != "presence.max_dwell_s" or end > own.presence.min_dwell_s:
                among = {"presence.max_dwell_s": 86_400.0} if name == "presence.min_dwell_s" else {}
                merged(own, {**among, name: end})
    with pytest.raises(BadConfig):
        merged(own, {"panel.cooldown_s": REMOTE["panel.cooldown_s"][1] + 1})


def test_cameras_that_see_again_keep_their_new_settings(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told_cameras("a", SLOW)
    assert device.rate_hz == 3
    device.states["till"] = "down"
    device.pass_time(WATCH_S + 1)
    assert (device.rate_hz, device.wanted.answer()) == (3, None)
    device.states["till"] = "dark"
    device.pass_time(1)
    assert device.wanted.answer() == ConfigIs(version="a")
    assert device.again().rate_hz == 3


def test_a_camera_that_does_not_come_back_has_its_old_settings_again(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told_cameras("a", SLOW)
    device.states["till"] = "down"
    device.pass_time(BLIND_S + 1)
    assert device.rate_hz == 5
    answer = device.wanted.answer()
    assert answer is not None
    why = f"camera till gave no frame for {BLIND_S + 1:.0f} s"
    assert answer.problems == [f"cameras: the settings before came back: {why}"]
    assert device.again().rate_hz == 5


def test_a_camera_that_was_down_before_is_nobodys_fault(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told_cameras("a", {"*": {"frame_rate_hz": 3}})
    device.pass_time(BLIND_S + 1)
    assert device.wanted.answer() == ConfigIs(version="a")
    assert device.rate_hz == 3


def test_settings_and_cameras_are_tried_apart(tmp_path: Path) -> None:
    device = Device(tmp_path)
    wanted = {"version": "a", "device": NEW, "cameras": SLOW}
    device.wanted.take(json.dumps(wanted).encode())
    device.states["till"] = "down"
    device.pass_time(WATCH_S + 1)
    device.pass_time(BLIND_S)
    assert (device.cooldown_s, device.rate_hz) == (9, 5)


def test_cameras_that_the_device_does_not_have_are_refused_and_nothing_changes(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.told_cameras("a", {"cellar": {"off": True}})
    answer = device.wanted.answer()
    assert answer is not None
    assert answer.problems == ["cameras.cellar: this device has no such camera"]
    assert device.rate_hz == 5
