"""The fields of the settings form: what is typed, who else decides, what is wrong, and the drawing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tillsight_models.errors import BadConfig
from tillsight_models.geometry import Zone
from tillsight_models.wanted import REMOTE
from tillsight_models.wanted_cameras import DRAWINGS, EVERY, NAMES, RANGES, drawing_of, read_cameras

from ..wanted.errors import BadSettings
from ..wanted.named_settings import CAMERAS, camera_name, cameras_part, typed, understood

LONGEST = 2_000
"""Characters of one field."""
CAMERA = re.compile(r"[a-z0-9-]{1,40}")
WIDTH, HEIGHT = 160, 120
"""Of the drawing: pictures are mostly 4 to 3, and what is drawn is shares of them."""
_WRONG = (
    ("crosses itself", "crosses"),
    ("should cover", "small"),
    ("outside the frame", "outside"),
    ("lies in staff_zones", "hidden"),
    ("covers the whole", "covers"),
    ("lies along", "edge"),
    ("frame long", "short"),
    ("should be more than", "order"),
    ("beside entrance_line", "both"),
    ("corner", "corners"),
)
"""In what the contract says, by the words for it on the page."""

Kind = Literal["number", "switch", "corners"]


@dataclass(frozen=True)
class Field:
    """One setting on the form."""

    name: str
    key: str
    """Names its label: `panel_cooldown_s`, `camera_zone`."""
    kind: Kind
    typed: str
    above: str
    """What it is where this place sets nothing; empty: as each device's own file says."""
    decides: str
    """Name of the place above that decides."""
    problem: str
    """Empty: none."""
    least: float = 0
    most: float = 0

    @property
    def id(self) -> str:
        """For labels."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.replace("*", "every"))


@dataclass(frozen=True)
class Shape:
    """A polygon or a line in the drawing."""

    kind: str
    points: str


@dataclass(frozen=True)
class Camera:
    """The settings of one camera, or of every one."""

    name: str
    fields: Sequence[Field]
    shapes: Sequence[Shape]
    """None of every camera."""

    @property
    def is_every(self) -> bool:
        return self.name == EVERY


@dataclass(frozen=True)
class Known:
    """What fields are made of."""

    typed: Mapping[str, str]
    above: Mapping[str, tuple[Any, str]]
    """By setting: the value that holds where nothing is typed, and the name of the place that decides."""
    problems: Mapping[str, str]


def device_fields(known: Known) -> list[Field]:
    """Settings of the device itself."""
    return [_field(known, name, name.replace(".", "_")) for name in REMOTE]


def camera_blocks(known: Known, cameras: Iterable[str]) -> list[Camera]:
    """A block for each of these, `*` for every one."""
    return [_camera(known, camera) for camera in cameras]


def typed_settings(settings: Mapping[str, Any]) -> dict[str, str]:
    """What holds, as the form has it."""
    return {name: typed(name, value) for name, value in settings.items()}


def typed_in(form: Mapping[str, Any]) -> dict[str, str]:
    """What somebody typed, without what is empty: that leaves it to the place above."""
    fields = {name: str(form[name]).strip()[:LONGEST] for name in form if name in REMOTE or _is_camera(name)}
    return {name: text for name, text in fields.items() if text}


def values_of(fields: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as values; BadSettings where it could be nothing."""
    values, problems = {}, {}
    for name, text in fields.items():
        try:
            values[name] = understood(name, text)
        except ValueError as error:
            problems[name] = str(error)
    if problems:
        raise BadSettings(problems)
    return values


def cameras_in(*named: Iterable[str]) -> list[str]:
    """Names of cameras in names of settings, each once."""
    parts = [cameras_part(dict.fromkeys(names)) for names in named]
    return sorted({camera for part in parts for camera in part if CAMERA.fullmatch(camera)})


def problem_key(words: str) -> str:
    """How the page says it: `range`, or another of its own words."""
    if re.search(r"should be ([\d.]+ to [\d.]+|a number)$", words):
        return "range"
    return next((key for part, key in _WRONG if part in words), "other")


def shapes_of(fields: Mapping[str, str], camera: str) -> list[Shape]:
    """What can be drawn of what is typed; nothing of what is wrong."""
    wanted: dict[str, Any] = {}
    for key in DRAWINGS:
        text = fields.get(camera_name(camera, key), "")
        try:
            value = understood(camera_name(camera, key), text) if text else None
            wanted |= read_cameras({camera: {key: value}})[camera] if value is not None else {}
        except (ValueError, BadConfig):
            continue
    drawn = drawing_of(wanted)
    zones = [("zone", drawn.zone), ("queue", drawn.queue_zone), ("entrance", drawn.entrance_zone)]
    found = [Shape(kind, _points(Zone.of(polygon).corners)) for kind, polygon in zones if polygon]
    found += [Shape("staff", _points(Zone.of(polygon).corners)) for polygon in drawn.staff_zones]
    line = [Shape("line", _points(drawn.entrance_line))] if drawn.entrance_line else []
    return [*found, *line]


def _camera(known: Known, camera: str) -> Camera:
    keys = [key for key in NAMES if camera != EVERY or key not in DRAWINGS]
    fields = [_field(known, camera_name(camera, key), f"camera_{key}") for key in keys]
    return Camera(camera, fields, shapes_of(known.typed, camera) if camera != EVERY else [])


def _field(known: Known, name: str, key: str) -> Field:
    setting = name.rpartition(".")[2]
    least, most = REMOTE.get(name) or RANGES.get(setting, (0, 0))
    kind: Kind = "corners" if setting in DRAWINGS else "number" if most else "switch"
    above = known.above.get(name) or known.above.get(camera_name(EVERY, setting))
    return Field(
        name=name,
        key=key,
        kind=kind,
        typed=known.typed.get(name, ""),
        above=typed(name, above[0]) if above else "",
        decides=above[1] if above else "",
        problem=problem_key(known.problems[name]) if name in known.problems else "",
        least=least,
        most=most,
    )


def _is_camera(name: str) -> bool:
    """Whether a form's field is a setting of a camera that there could be."""
    camera, _, key = name.removeprefix(CAMERAS).partition(".")
    is_named = camera == EVERY or CAMERA.fullmatch(camera) is not None
    return name.startswith(CAMERAS) and key in NAMES and is_named


def _points(corners: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x * WIDTH:.1f},{y * HEIGHT:.1f}" for x, y in corners)
