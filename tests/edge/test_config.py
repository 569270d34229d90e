"""The configuration: the example is complete, and each mistake is one clear line."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.config import DeviceConfig, load_config, problems_here
from tillsight_models.configuration import read_settings, setting_names
from tillsight_models.errors import BadConfig

EXAMPLE = Path(__file__).parents[2] / "edge" / "device.example.toml"
CASES = tomllib.loads((Path(__file__).parent / "cases" / "config_problems.toml").read_text(encoding="utf-8"))

GOOD: dict[str, dict[str, Any]] = {
    "device": {"id": "till-1-box", "org": "acme", "site": "store-7", "touchpoint": "till-1"},
    "panel": {"kind": "gpio", "pins": [5, 6, 13, 19]},
    "presence": {},
    "outbox": {},
    "hub": {"host": "127.0.0.1"},
    "health": {},
}


def example_values() -> dict[str, list[Any]]:
    """Every setting in the example, and what it is there: more than once for sections that have names."""
    written: dict[str, list[Any]] = {}
    for section, values in tomllib.loads(EXAMPLE.read_text(encoding="utf-8")).items():
        named = section == "cameras"
        for inner in values.values() if named else (values,):
            for key, value in inner.items():
                written.setdefault(f"{section}.{'NAME.' if named else ''}{key}", []).append(value)
    return written


def test_the_example_is_complete_and_loads() -> None:
    config = load_config(EXAMPLE)
    assert set(example_values()) == set(setting_names(DeviceConfig))
    assert config.panel.undo_number == 5
    assert set(config.cameras) == {"till", "door"}


def test_the_defaults_in_the_example_are_the_defaults() -> None:
    """Settings that have no one sensible value differ; all others are shown with what they are anyway."""
    chosen = {"panel.undo_button", "panel.pins", "panel.light_pin", "presence.pins", "clock.has_rtc"}
    chosen |= {"health.status_file", "vision.socket", "emotion.validation_file", "staff.attempt_pin"}
    chosen |= {f"cameras.NAME.{key}" for key in ("username", "password_file")}
    chosen |= {name for name in setting_names(DeviceConfig) if "zone" in name or "entrance" in name}
    models = {"cameras.NAME": CameraSettings} | {
        name: field.annotation for name, field in DeviceConfig.model_fields.items()
    }
    for name, values in example_values().items():
        section, _, key = name.rpartition(".")
        if section in ("hub", "declaration") or name in chosen:
            continue
        field = models[section].model_fields[key]  # type: ignore[union-attr]
        if not field.is_required():
            default = str(field.default) if isinstance(field.default, Path) else field.default
            assert default in values, name


def changed(change: dict[str, Any]) -> dict[str, Any]:
    """The good configuration with a change as the cases write it."""
    values = copy.deepcopy(GOOD)
    for name, value in change.items():
        section, key = name.split(".")
        if value == "-":
            values[section].pop(key, None)
        else:
            values[section][key] = value
    return values


def as_toml(values: dict[str, Any]) -> str:
    """TOML of the sections, enough for these values."""
    lines = []
    for section, settings in values.items():
        lines.append(f"[{section}]")
        for key, value in settings.items():
            lines.append(f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}")
    return "\n".join(lines)


@pytest.mark.parametrize("case", CASES["case"], ids=lambda case: " ".join(case["change"]))
def test_each_mistake_is_one_line(case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "device.toml"
    file.write_text(as_toml(changed(case["change"])), encoding="utf-8")
    with pytest.raises(BadConfig) as found:
        load_config(file)
    assert found.value.problems == case["problems"]


def test_a_missing_and_a_broken_file_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"absent\.toml: No such file"):
        load_config(tmp_path / "absent.toml")
    (tmp_path / "broken.toml").write_text("[device\n", encoding="utf-8")
    with pytest.raises(BadConfig, match=r"broken\.toml: not TOML"):
        load_config(tmp_path / "broken.toml")


def test_files_and_folders_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    values = changed(
        {
            "hub.username": "till-1-box",
            "hub.password_file": str(tmp_path / "password"),
            "outbox.path": str(tmp_path / "file" / "outbox.db"),
            "health.status_file": str(tmp_path / "new" / "status.json"),
        }
    )
    assert problems_here(read_settings(values, DeviceConfig)) == [
        f"hub.password_file: '{tmp_path}/password': cannot be read",
        f"outbox.path: '{tmp_path}/file': cannot be written",
    ]
