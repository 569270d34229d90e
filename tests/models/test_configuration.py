"""Configuration files: every problem at once, one line each, with the setting's full name."""

from pathlib import Path

import pytest
from pydantic import Field, ValidationError, field_validator

from tillsight_models.configuration import Settings, load_settings, read_settings, setting_names
from tillsight_models.errors import BadConfig


class Panel(Settings):
    cooldown_s: float = Field(default=5, ge=0)
    pins: tuple[int, ...] = ()


class Broker(Settings):
    host: str

    @field_validator("host")
    @classmethod
    def no_scheme(cls, host: str) -> str:
        if "://" in host:
            raise ValueError("expected a host name, without mqtt://")
        return host


class Device(Settings):
    name: str = "box"
    panel: Panel = Panel()
    broker: Broker


def problems(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfig) as raised:
        load_settings(path, Device)
    assert str(raised.value) == "\n".join(raised.value.problems)
    return list(raised.value.problems)


def test_a_good_file_is_read_and_cannot_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "device.toml"
    path.write_text(
        'name = "till"\n[panel]\ncooldown_s = 2\n[broker]\nhost = "hub.local"\n', encoding="utf-8"
    )
    device = load_settings(path, Device)
    assert (device.name, device.panel.cooldown_s, device.broker.host) == ("till", 2.0, "hub.local")
    with pytest.raises(ValidationError):
        device.name = "other"


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = 'colour = "red"\n[panel]\ncooldown_s = -1\npins = [17, "x"]\n'
    assert problems(tmp_path / "device.toml", text) == [
        "panel.cooldown_s: -1: should be greater than or equal to 0",
        "panel.pins.1: 'x': should be a valid integer, unable to parse string as an integer",
        "broker: is missing",
        "colour: is not a setting",
    ]


def test_our_own_rules_read_like_the_others(tmp_path: Path) -> None:
    text = '[broker]\nhost = "mqtt://hub"\n'
    assert problems(tmp_path / "device.toml", text) == [
        "broker.host: 'mqtt://hub': expected a host name, without mqtt://"
    ]


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    [problem] = problems(
        tmp_path / "device.toml", f'[broker]\nhost = "h"\n[panel]\ncooldown_s = "{"9x" * 500}"\n'
    )
    assert len(problem) < 200


def test_a_file_that_is_not_there_or_not_toml_is_one_line_with_its_path(tmp_path: Path) -> None:
    missing = tmp_path / "no.toml"
    with pytest.raises(BadConfig, match="No such file or directory") as raised:
        load_settings(missing, Device)
    assert raised.value.problems == [f"{missing}: No such file or directory"]
    [problem] = problems(tmp_path / "device.toml", "name = ")
    assert problem.startswith(f"{tmp_path / 'device.toml'}: not TOML: ")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfig, match="not TOML"):
        load_settings(tmp_path / "binary.toml", Device)


def test_a_dict_is_read_like_a_file() -> None:
    assert read_settings({"broker": {"host": "h"}}, Device).broker.host == "h"
    with pytest.raises(BadConfig, match="broker: is missing"):
        read_settings({}, Device)


def test_settings_are_named_with_their_section() -> None:
    assert list(setting_names(Device)) == ["name", "panel.cooldown_s", "panel.pins", "broker.host"]
