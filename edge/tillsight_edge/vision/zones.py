"""Zones in the making: what is drawn, what is wrong with it, and how it would count right now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig
from tillsight_models.geometry import Zone, lint

from ..camera_config import CameraSettings
from ..zones_file import DRAWN, snippet
from .counting.contacts import Contact
from .counting.pipeline import Pipeline, View
from .counting.sightings import Track
from .counting.traffic import Visitor
from .detections import Detections, Detector
from .frames import Frame, Image

DIGITS = 3
"""Of a share: a thousandth of the picture is less than anybody can point at."""


class Draft:
    """The settings of one camera while they are drawn; always the last ones that can be meant."""

    def __init__(self, name: str, camera: CameraSettings, *, is_new: bool = False) -> None:
        """`is_new`: the configuration does not have this camera yet."""
        self.name = name
        self.camera = camera
        self._first = camera
        self._is_new = is_new

    @property
    def drawn(self) -> dict[str, Any]:
        """What the page begins with."""
        return {name: _plain(getattr(self.camera, name)) for name in DRAWN}

    @property
    def changes(self) -> dict[str, Any]:
        """Each drawn setting, None where it is the product's own default and need not be written."""
        first, defaults = self._first.model_fields_set, CameraSettings(source="none")
        changes: dict[str, Any] = {"source": self.camera.source} if self._is_new else {}
        for name in DRAWN:
            value = getattr(self.camera, name)
            needless = value == getattr(defaults, name) and (name not in first or value in (None, ()))
            changes[name] = None if needless else _plain(value)
        return changes

    @property
    def toml(self) -> str:
        """To copy into the configuration."""
        return snippet(self.name, self.changes)

    @property
    def problems(self) -> list[str]:
        """What is wrong with what is drawn."""
        return lint(self.camera, self.name)

    def draw(self, drawn: dict[str, Any]) -> list[str]:
        """Take new settings, unless they cannot be meant at all; the problems with them."""
        if strangers := drawn.keys() - set(DRAWN):
            return [f"cameras.{self.name}.{name}: is not drawn here" for name in sorted(strangers)]
        kept = {name: getattr(self._first, name) for name in self._first.model_fields_set - set(DRAWN)}
        wanted = {name: _rounded(value) for name, value in drawn.items() if value is not None}
        try:
            self.camera = read_settings({**kept, **wanted}, CameraSettings)
        except BadConfig as error:
            return [f"cameras.{self.name}.{problem}" for problem in error.problems]
        return self.problems


@dataclass(frozen=True)
class Seen:
    """One person in the picture, in shares of it."""

    box: tuple[float, float, float, float]
    foot: tuple[float, float]
    """Where they stand: the middle of the lower edge."""
    state: str
    """`served`, `stands` (in the zone), `inside` (their feet are), or empty."""


class Trial:
    """The counter itself, on the draft; what it counts is shown and goes nowhere."""

    def __init__(self, detector: Detector | None, sure: float) -> None:
        self._detector = detector or _Blind()
        self._sure = sure
        self._camera: CameraSettings | None = None
        self._pipeline: Pipeline | None = None
        self.served = self.entered = self.left = 0
        """Since the settings changed last."""
        self.queue = 0

    def look(self, frame: Frame, camera: CameraSettings) -> tuple[Image, list[Seen]]:
        """The picture as the detector gets it, and who is in it; `frame` keeps its own."""
        if self._pipeline is None or camera != self._camera:
            self._camera, self._pipeline = camera, Pipeline(camera, self._detector, sure=self._sure)
            self.served = self.entered = self.left = 0
        masked = frame.image.copy()
        for result in self._pipeline.look(Frame(frame.number, frame.mono_ms, masked)):
            if isinstance(result, Contact):
                self.served += 1
            elif isinstance(result, Visitor):
                self.entered += result.entered
                self.left += not result.entered
        view = self._pipeline.view
        self.queue = view.queue
        return masked, _seen(view, camera, frame.width, frame.height)


class _Blind:
    """Where there is no detector."""

    def detect(self, image: Image) -> Detections:  # noqa: ARG002
        return Detections()


def _seen(view: View, camera: CameraSettings, width: int, height: int) -> list[Seen]:
    zone = Zone.of(camera.zone, width, height) if camera.zone else None
    return [
        Seen(
            _shares((x1, y1, x2, y2), width, height),
            (round(track.last.foot[0] / width, 4), round(track.last.foot[1] / height, 4)),
            _state(track, view, zone),
        )
        for track in view.tracks
        if track.seen
        for x1, y1, x2, y2 in [track.last.box]
    ]


def _state(track: Track, view: View, zone: Zone | None) -> str:
    if track.number in view.served:
        return "served"
    if track.number in view.standing:
        return "stands"
    return "inside" if zone is not None and zone.contains(track.last.foot) else ""


def _shares(box: Sequence[float], width: int, height: int) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = box
    return round(x1 / width, 4), round(y1 / height, 4), round(x2 / width, 4), round(y2 / height, 4)


def _plain(value: Any) -> Any:
    """Tuples as the lists that TOML and JSON have."""
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    return [_rounded(each) for each in value] if isinstance(value, list) else value
