"""Moods, ages and genders of people who were served: read while they stand there, told as windows of many."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from tillsight_models.events import ValenceCounts
from tillsight_models.geometry import Box

from ...camera_config import DeclarationSettings
from ...config import DeviceConfig
from ..detections import Image
from ..errors import BadValidation
from ..networks.detector import FaceFinder
from ..networks.emotion_models import open_emotion_model
from ..networks.registry import Registry
from ..process.wire import AgesCounted, MoodsCounted
from .crops import QualityFloor
from .demographics import NetworkDemographics
from .emotion import EmotionModel
from .face_reader import FaceReader
from .validation import validation_counts
from .windows import AgeWindows, FaceWindows, MoodWindows, WindowRule

log = logging.getLogger(__name__)


def today() -> date:
    """The day in UTC, which needs no file with time zones."""
    return datetime.now(UTC).date()


class Moods:
    """Looks at the faces of people who are served, on the days on which the site's declaration holds."""

    def __init__(
        self,
        reader: FaceReader,
        declaration: DeclarationSettings,
        new_windows: Callable[[], FaceWindows],
        on_day: Callable[[], date] = today,
    ) -> None:
        self._reader = reader
        self._declaration = declaration
        self._new_windows = new_windows
        self._windows = new_windows()
        self._on_day = on_day
        self._off: str | None = None
        """Why faces are not looked at, as it was last logged."""

    def look(self, image: Image, mono_ms: int, standing: Mapping[int, Box]) -> None:
        """A frame, staff zones black, and the boxes of those who stand in the zone, by track."""
        if standing and self._declared():
            self._reader.look(image, mono_ms, standing)

    def left(self, track: int, mono_ms: int, *, served: bool) -> None:
        """Somebody has left the zone; of those who were not served nothing is counted."""
        reading = self._reader.left(track)
        if served and self._declared():
            self._windows.add(reading, mono_ms)

    def take(self, mono_ms: int) -> list[MoodsCounted | AgesCounted]:
        """The windows that are full by now and have not been taken."""
        return self._windows.take(mono_ms) if self._declared() else []

    def _declared(self) -> bool:
        """Whether the declaration holds today; a change is logged once, and what is known then is dropped."""
        off = self._declaration.problem_on(self._on_day())
        if off != self._off:
            log.warning("%s", f"{off}: faces are not looked at" if off else "the declaration holds again")
            self._off = off
            self._reader.forget()
            self._windows = self._new_windows()
        return off is None


def open_moods(config: DeviceConfig) -> Moods | None:
    """What looks at the faces of one camera, as configured; None where nothing of faces is enabled.

    BadModel where a model is missing or broken.
    """
    enabled = config.emotion.enabled or config.demographics.enabled
    if config.declaration is None or not enabled:
        return None
    registry = Registry(config.vision.models_folder)
    emotion = _emotion_model(config, registry)
    demographics = None
    if config.demographics.enabled:
        demographics = NetworkDemographics(registry.find(config.demographics.model, "demographics"))
    reader = open_reader(config, emotion, demographics)
    return Moods(reader, config.declaration, _windows(config, emotion))


def open_reader(
    config: DeviceConfig, emotion: EmotionModel | None, demographics: NetworkDemographics | None = None
) -> FaceReader:
    """A reader with the configured finder of faces, and its limits."""
    faces = Registry(config.vision.models_folder).find(config.emotion.faces_model, "faces")
    threshold = faces.entry.threshold_of("face")
    return FaceReader(
        FaceFinder(faces, threshold),
        QualityFloor(size_px=config.emotion.min_face_px, score=threshold),
        config.emotion.min_crops,
        emotion,
        demographics,
    )


def _emotion_model(config: DeviceConfig, registry: Registry) -> EmotionModel | None:
    if not config.emotion.enabled:
        return None
    return open_emotion_model(registry.find(config.emotion.model, "emotion"))


def _windows(config: DeviceConfig, emotion: EmotionModel | None) -> Callable[[], FaceWindows]:
    """Makes new, empty windows; the validation is read once."""
    settings, ages = config.emotion, config.demographics
    file = settings.validation_file
    validation = _validation(file, emotion) if emotion and file else None

    def new() -> FaceWindows:
        windows: list[MoodWindows | AgeWindows] = []
        if settings.enabled:
            windows.append(MoodWindows(WindowRule(settings.window_s, settings.min_people), validation))
        if ages.enabled:
            windows.append(AgeWindows(WindowRule(ages.window_s, ages.min_people)))
        return FaceWindows(windows)

    return new


def _validation(file: Path, emotion: EmotionModel) -> ValenceCounts | None:
    """What was validated with this very model; without it the hub corrects nothing, and counting goes on."""
    try:
        return validation_counts(file, emotion)
    except BadValidation as problem:
        log.warning("emotion.validation_file: %s; windows go without it", problem)
        return None
