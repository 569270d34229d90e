"""Wanted settings of cameras: what a hub may set of them, and what is wrong with it."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from .errors import BadConfig
from .events import SLUG_PATTERN
from .geometry import Point, Polygon, drawn_problems

EVERY = "*"
"""In place of a camera's name: every camera of the device that is not named itself."""
MOST_CAMERAS = 4

Share = Annotated[float, Meta(ge=-0.5, le=1.5)]
"""Of the picture's width or height; a zone may reach a little beyond it."""
Corner = tuple[Share, Share]
Corners = Annotated[list[Corner], Meta(min_length=2, max_length=32)]

RANGES: Mapping[str, tuple[float, float]] = {
    "frame_rate_hz": (1, 30),
    "min_dwell_s": (0.1, 3600),
    "max_dwell_s": (1, 86_400),
    "leave_gap_s": (0.1, 60),
}
"""Numbers: at least, at most."""
SWITCHES = ("off", "count_groups")
DRAWINGS: Mapping[str, Any] = {
    "zone": Corners | None,
    "staff_zones": Annotated[list[Corners], Meta(max_length=8)],
    "queue_zone": Corners | None,
    "entrance_line": tuple[Corner, Corner] | None,
    "entrance_zone": Corners | None,
}
"""Places in one camera's picture: never of every camera. What a camera is, where it is and what else may be
looked for in its picture is decided at the device alone."""
NAMES = ("off", *RANGES, "count_groups", *DRAWINGS)
"""All that may be set of a camera, in the order in which people read it."""

Values = dict[str, Any]


@dataclass(frozen=True)
class Drawing:
    """What is drawn into one picture, as far as it is wanted."""

    zone: Polygon | None = None
    staff_zones: tuple[Polygon, ...] = ()
    queue_zone: Polygon | None = None
    entrance_line: tuple[Point, Point] | None = None
    entrance_zone: Polygon | None = None


def read_cameras(values: Any) -> dict[str, Values]:
    """The section `cameras`: settings by camera, `*` for every one; BadConfig has one line a problem."""
    if not isinstance(values, dict):
        raise BadConfig([f"cameras: {values!r:.80}: should be settings by name"])
    read: dict[str, Values] = {}
    problems = (
        [] if len(values) <= MOST_CAMERAS + 1 else [f"cameras: {len(values)}: should be 0 to {MOST_CAMERAS}"]
    )
    for name, wanted in values.items():
        try:
            read[name] = _read_camera(name, wanted)
        except BadConfig as error:
            problems += error.problems
    for name, wanted in read.items():
        problems += _together(name, read.get(EVERY, {}) | wanted)
    if problems:
        raise BadConfig(problems)
    return read


def camera_of(read: Mapping[str, Values], name: str) -> Values:
    """What is wanted of this camera: what is said of every one, and then what is said of itself."""
    return {**read.get(EVERY, {}), **read.get(name, {})}


def drawing_of(values: Mapping[str, Any]) -> Drawing:
    """What is drawn, of settings that were read."""
    drawn = {name: value for name, value in values.items() if name in DRAWINGS and value is not None}
    return Drawing(**drawn)


def _read_camera(name: Any, wanted: Any) -> Values:
    if name != EVERY and not (isinstance(name, str) and re.fullmatch(SLUG_PATTERN, name)):
        raise BadConfig([f"cameras.{name!s:.80}: should be a camera's name, or {EVERY}"])
    if not isinstance(wanted, dict):
        raise BadConfig([f"cameras.{name}: {wanted!r:.80}: should be settings by name"])
    problems, read = [], {}
    for key, value in wanted.items():
        found = _problem(name, key, value)
        problems += [f"cameras.{name}.{key!s:.80}: {found}"] if found else []
        if not found and key in RANGES:
            read[key] = float(value)
        elif not found:
            read[key] = msgspec.convert(value, DRAWINGS.get(key, bool))
    if problems:
        raise BadConfig(problems)
    return read


def _problem(camera: str, key: Any, value: Any) -> str:
    """What is wrong with one setting by itself; empty: nothing."""
    if key not in NAMES or (camera == EVERY and key in DRAWINGS):
        return "is no setting that a hub may set"
    if key in RANGES:
        least, most = RANGES[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        good = is_number and least <= value <= most
        return "" if good else f"{value!r:.80}: should be {least:g} to {most:g}"
    if key in SWITCHES:
        return "" if isinstance(value, bool) else f"{value!r:.80}: should be true or false"
    if not all(math.isfinite(number) for number in _numbers(value)):
        return f"{value!r:.80}: should be corners such as [0.25, 0.5]"
    try:
        msgspec.convert(value, DRAWINGS[key])
    except msgspec.ValidationError:
        return f"{value!r:.80}: should be corners such as [0.25, 0.5]"
    return ""


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, float):
        yield value


def _together(name: str, wanted: Mapping[str, Any]) -> Iterable[str]:
    """What does not go together, as far as it is wanted; the device looks again, at all that it has."""
    prefix = f"cameras.{name}"
    shortest, longest = wanted.get("min_dwell_s"), wanted.get("max_dwell_s")
    if shortest is not None and longest is not None and longest <= shortest:
        yield f"{prefix}.max_dwell_s: {longest:g}: should be more than {shortest:g}"
    if wanted.get("entrance_line") is not None and wanted.get("entrance_zone") is not None:
        yield f"{prefix}.entrance_zone: should not be there beside entrance_line: one of them counts"
    for setting, value, what in drawn_problems(drawing_of(wanted)):
        yield f"{prefix}.{setting}: {value}: {what}"
