"""The configuration: the example is complete, and each mistake is one clear line."""

import copy
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tillsight_edge.camera_config import CameraSettings, DeclarationSettings
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

GOOD_WITH_FACES: dict[str, dict[str, Any]] = {
    **GOOD,
    "cameras.till": {
        "source": "0",
        "zone": [[0.3, 0.4], [0.7, 1.0]],
        "staff_zones": [[[0.0, 0.0], [1.0, 0.3]]],
    },
    "emotion": {"enabled": True},
    "demographics": {"enabled": True},
    "declaration": {
        "purpose": "Satisfaction of customers at the tills",
        "assessment": "DPIA-2026-014",
        "legal_basis": "consent",
        "responsible": "store management",
        "sign_installed": date(2026, 11, 2),
        "expires": date(2027, 5, 2),
    },
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
    own = ("survey", "cards", "languages", "default_language", "question", "attract_s", "play_log")
    chosen |= {f"kiosk.{key}" for key in (*own, "picture", "present_picture")}
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


def changed(change: dict[str, Any], good: dict[str, dict[str, Any]] = GOOD) -> dict[str, Any]:
    """A good configuration with a change as the cases write it."""
    values = copy.deepcopy(good)
    for name, value in change.items():
        section, _, key = name.rpartition(".")
        if value != "-":
            values.setdefault(section, {})[key] = value
        elif section:
            values[section].pop(key, None)
        else:
            del values[key]
    return values


def as_toml(values: dict[str, Any]) -> str:
    """TOML of the sections, enough for these values."""
    lines = []
    for section, settings in values.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {toml_value(value)}" for key, value in settings.items()]
    return "\n".join(lines)


def toml_value(value: Any) -> str:
    """Python writes text, numbers and lists as TOML does."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else repr(value)


@pytest.mark.parametrize("case", CASES["case"], ids=lambda case: " ".join(case["change"]))
def test_each_mistake_is_one_line(case: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "device.toml"
    good = GOOD_WITH_FACES if case.get("faces") else GOOD
    file.write_text(as_toml(changed(case["change"], good)), encoding="utf-8")
    with pytest.raises(BadConfig) as found:
        load_config(file)
    assert found.value.problems == case["problems"]


def test_faces_may_be_looked_at_where_the_site_declares_it(tmp_path: Path) -> None:
    file = tmp_path / "device.toml"
    file.write_text(as_toml(GOOD_WITH_FACES), encoding="utf-8")
    config = load_config(file)
    assert config.emotion.enabled
    assert config.demographics.enabled


def test_a_camera_that_sees_no_staff_needs_no_staff_zone(tmp_path: Path) -> None:
    file = tmp_path / "device.toml"
    change = {"cameras.till.staff_zones": "-", "emotion.staff_out_of_view": True}
    file.write_text(as_toml(changed(change, GOOD_WITH_FACES)), encoding="utf-8")
    assert load_config(file).emotion.enabled


TODAY = datetime.now(UTC).date()
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("sign", "expires", "said"),
    [
        (TODAY, TODAY + DAY, []),
        (TODAY - DAY, TODAY, [f"declaration.expires: {TODAY}: has passed: faces are not looked at"]),
        (
            TODAY + DAY,
            TODAY + 3 * DAY,
            [f"declaration.sign_installed: {TODAY + DAY}: is still to come: faces are not looked at"],
        ),
    ],
)
def test_a_declaration_that_does_not_hold_today_is_told_and_stops_nothing_else(
    tmp_path: Path, sign: date, expires: date, said: list[str]
) -> None:
    """The device goes on counting; only faces are not looked at."""
    file = tmp_path / "device.toml"
    change = {"declaration.sign_installed": sign, "declaration.expires": expires}
    change |= {"outbox.path": str(tmp_path / "outbox.db")}  # type: ignore[dict-item]
    file.write_text(as_toml(changed(change, GOOD_WITH_FACES)), encoding="utf-8")
    config = load_config(file)
    assert [problem for problem in problems_here(config) if "declaration" in problem] == said
    off = read_settings(config.model_dump(exclude={"emotion", "demographics"}), DeviceConfig)
    assert not any("declaration" in problem for problem in problems_here(off))


def test_no_setting_brings_a_seller_into_emotion_or_age() -> None:
    """The only word about staff in these sections is the declaration that none is in view."""
    words = ("staff", "team", "seller", "shift", "attempt", "employee", "cashier", "name")
    names = [name for name in setting_names(DeviceConfig) if name.startswith(("emotion.", "demographics."))]
    found = {name for name in names if any(word in name.partition(".")[2] for word in words)}
    assert len(names) > 8
    assert found == {"emotion.staff_out_of_view"}


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


def test_the_end_of_a_declaration_is_told_for_thirty_days() -> None:
    declaration = DeclarationSettings.model_validate(GOOD_WITH_FACES["declaration"])
    assert declaration.ends_soon(date(2027, 4, 1)) is None
    assert declaration.ends_soon(date(2027, 4, 2)) == "declaration.expires: 2027-05-02: 30 days are left"
    assert declaration.ends_soon(date(2027, 5, 2)) is None
