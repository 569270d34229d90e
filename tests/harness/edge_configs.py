"""Configurations of devices for tests."""

import json
from pathlib import Path
from typing import Any

from tillsight_edge.config import DeviceConfig
from tillsight_models.configuration import read_settings


def device_settings(folder: Path, port: int = 1, **sections: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings of a device with four mock pins, whose hub is on a loopback port; `sections` add to them."""
    settings: dict[str, dict[str, Any]] = {
        "device": {"id": "till-1-box", "org": "acme", "site": "store-7", "touchpoint": "till-1"},
        "panel": {"kind": "gpio", "pins": [5, 6, 13, 19], "cooldown_s": 0.0},
        "outbox": {"path": str(folder / "outbox.db")},
        "hub": {"host": "127.0.0.1", "port": port},
        "health": {"heartbeat_s": 0.5},
    }
    for name, values in sections.items():
        settings[name] = {**settings.get(name, {}), **values}
    return settings


def device_config(folder: Path, port: int = 1, **sections: dict[str, Any]) -> DeviceConfig:
    """The same, read."""
    return read_settings(device_settings(folder, port, **sections), DeviceConfig)


def write_toml(file: Path, settings: dict[str, dict[str, Any]]) -> Path:
    """Settings as a TOML file; JSON's values are TOML's for what settings hold."""
    lines: list[str] = []
    for section, values in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
