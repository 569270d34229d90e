"""Settings by their names, `panel.cooldown_s` or `cameras.till.zone`: which there are, and what is wrong."""

import json
import re
from collections.abc import Mapping
from typing import Any

from tillsight_models.errors import BadConfig
from tillsight_models.wanted import REMOTE, read_device
from tillsight_models.wanted_cameras import DRAWINGS, EVERY, RANGES, SWITCHES, read_cameras

OF_DEVICE = "device:"
"""Before a device's id, where a place is meant: touchpoints may have the same ids."""
CAMERAS = "cameras."
NONE = "-"
"""Typed where a camera is to have no such place in its picture."""
UNKNOWN = "is no setting that a hub may set"
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
_BETWEEN = re.compile(r"[\s,;()\[\]]*")

Named = Mapping[str, Any]


def camera_name(camera: str, key: str) -> str:
    """`cameras.till.zone`."""
    return f"{CAMERAS}{camera}.{key}"


def device_part(settings: Named) -> dict[str, Any]:
    """As the section `device` has them."""
    return {name: value for name, value in settings.items() if not name.startswith(CAMERAS)}


def cameras_part(settings: Named) -> dict[str, dict[str, Any]]:
    """As the section `cameras` has them: by camera."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        if name.startswith(CAMERAS):
            camera, _, key = name.removeprefix(CAMERAS).partition(".")
            found.setdefault(camera, {})[key] = value
    return found


def setting_problems(settings: Named, place: str) -> dict[str, str]:
    """By setting: what is wrong with it. The last word has the contract that devices read by."""
    return {**_device_problems(device_part(settings)), **_camera_problems(cameras_part(settings), place)}


def _device_problems(settings: Named) -> dict[str, str]:
    problems: dict[str, str] = {}
    for name, value in settings.items():
        try:
            read_device({name: value})
        except BadConfig:
            range = REMOTE.get(name)
            problems[name] = "should be {:g} to {:g}".format(*range) if range else UNKNOWN
    if not problems:
        try:
            read_device(dict(settings))
        except BadConfig as error:
            problems["presence.max_dwell_s"] = "; ".join(error.problems)
    return problems


def _camera_problems(cameras: Mapping[str, Named], place: str) -> dict[str, str]:
    if not place.startswith(OF_DEVICE) and (named := sorted(cameras.keys() - {EVERY})):
        return {
            camera_name(each, key): "is a setting of one device" for each in named for key in cameras[each]
        }
    try:
        read_cameras({name: dict(values) for name, values in cameras.items()})
    except BadConfig as error:
        return dict(map(_field_and_words, error.problems))
    return {}


def _field_and_words(line: str) -> tuple[str, str]:
    """`cameras.till.staff_zones.0: [[...]]: crosses itself` is about `cameras.till.staff_zones`."""
    where, _, words = line.partition(": ")
    parts = where.split(".")
    told = words.partition("]: " if words.startswith("[") else ": ")[2]
    return ".".join(parts[:3]), told or words


def typed(name: str, value: Any) -> str:
    """A value as people type it; corners one a line, zones with an empty line between."""
    key = name.rpartition(".")[2]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}"
    if not value:
        return NONE
    zones = value if key == "staff_zones" else [value]
    return "\n\n".join("\n".join(f"{x:g} {y:g}" for x, y in zone) for zone in zones)


def understood(name: str, text: str) -> Any:
    """What was typed; ValueError where it is nothing that this setting could be. JSON is understood too."""
    key = name.rpartition(".")[2]
    if name in REMOTE or key in RANGES:
        return _number(text)
    if key in SWITCHES:
        return (
            {"true": True, "false": False}[text.lower()] if text.lower() in ("true", "false") else _no(text)
        )
    if key not in DRAWINGS:
        raise ValueError(UNKNOWN)
    if text.startswith(("[[", "[]", "null")):
        return json.loads(text)
    if text == NONE:
        return [] if key == "staff_zones" else None
    zones = [_zone(part) for part in re.split(r"\n\s*\n", text.replace("\r", "").strip())]
    if key == "staff_zones":
        return zones
    return zones[0] if len(zones) == 1 else _no(text)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"{text!r:.80}: should be a number") from None


def _zone(text: str) -> list[list[float]]:
    return [_corner(line) for line in text.splitlines() if line.strip()]


def _corner(line: str) -> list[float]:
    found = _NUMBER.findall(line)
    if len(found) != 2 or not _BETWEEN.fullmatch(_NUMBER.sub("", line)):
        raise ValueError(f"{line!r}: should be a corner such as 0.25 0.5")
    return [float(number.replace(",", ".")) for number in found]


def _no(text: str) -> Any:
    raise ValueError(f"{text!r:.80}: is none of the values of this setting")
