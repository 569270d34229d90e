"""One frame and one crop: this product's models on one thread, beside those of others in the same run."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from tests.harness.networks import deepface_network

from tillsight_edge.vision.counting.tracker import Tracker
from tillsight_edge.vision.detections import Detection
from tillsight_edge.vision.faces.crops import face_crop, head_region
from tillsight_edge.vision.networks.deepface_emotion import installed_deepface
from tillsight_edge.vision.networks.detector import FaceFinder, OnnxDetector
from tillsight_edge.vision.networks.emotion_models import open_emotion_model
from tillsight_edge.vision.networks.importing import import_model
from tillsight_edge.vision.networks.registry import Registry
from tillsight_edge.vision.scene.store import StoreScene

SCENE_S = 40.0
"""A moment of the rendered store, 640x480, with a seller and customers."""
PEOPLE = [Detection(left, 60.0, left + 130, 420.0, 0.9) for left in (100.0, 350.0)]
"""Where two customers stand, whatever a detector makes of the picture: the same work each time."""
IN_A_ROW = 4
"""Calls of one contender before it is the next one's turn."""
REFERENCES = {"yolox-nano": "yolox_nano_bi.onnx", "mini-xception": "mini_xception_102_reimpl.onnx"}

Call = Callable[[], object]


@dataclass(frozen=True)
class Names:
    """Which of the registry's models are measured."""

    persons: str = "persons"
    faces: str = "faces"
    emotion: str = "emotion"


def take_turns(contenders: dict[str, Call], rounds: int) -> dict[str, dict[str, float]]:
    """Least and median CPU milliseconds of each; they take turns, so that a busy moment hits all of them."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            call()  # brings its weights back into the cache
            for _ in range(IN_A_ROW):
                start = time.process_time()
                call()
                taken[name].append((time.process_time() - start) * 1000)
    return {name: {"min": min(times), "median": median(times)} for name, times in taken.items()}


def bench_frames(
    registry: Registry, names: Names, references: Path | None, scratch: Path, rounds: int
) -> dict[str, Any]:
    """Milliseconds of everything, and how many times ours the others take."""
    frame = StoreScene(1).render(SCENE_S).image
    contenders = _ours(registry, names, frame)
    if references is not None:
        contenders |= _references(references, scratch, frame)
    with ExitStack() as stack:
        contenders |= _deepface(stack, scratch, frame)
        costs = take_turns(contenders, rounds)
    pairs = {
        "frame: YOLOX-nano + mini_XCEPTION / ours": ("YOLOX-nano + mini_XCEPTION", "frame with two faces"),
        "crop: DeepFace.analyze / ours": ("DeepFace.analyze, a crop", "emotion, a crop"),
        "crop: mini_XCEPTION / ours": ("mini_XCEPTION, a crop", "emotion, a crop"),
    }
    ratios = {
        name: {kind: costs[theirs][kind] / costs[ours][kind] for kind in ("min", "median")}
        for name, (theirs, ours) in pairs.items()
        if theirs in costs
    }
    return {"ms": costs, "times ours": ratios}


def _ours(registry: Registry, names: Names, frame: np.ndarray) -> dict[str, Call]:
    detector = OnnxDetector(registry.find(names.persons, "persons"))
    finder = FaceFinder(registry.find(names.faces, "faces"))
    emotion = open_emotion_model(registry.find(names.emotion, "emotion"))
    tracker = Tracker()
    regions = [head_region((each.x1, each.y1, each.x2, each.y2), frame) for each in PEOPLE]
    crops = _crops(frame)
    clock = iter(range(0, 1 << 40, 200))

    def without_faces() -> object:
        """Resize, persons, tracker: what most frames need, since faces are read about twice a second."""
        return tracker.update(detector.detect(frame).persons, next(clock), frame.shape[0])

    def whole() -> object:
        """The dearest frame: two faces are looked for and read."""
        without_faces()
        finder.find(frame, [region for region in regions if region is not None])
        return emotion.predict(_crops(frame))

    return {
        "frame without faces": without_faces,
        "frame with two faces": whole,
        "emotion, a crop": lambda: emotion.predict(crops[:1]),
    }


def _references(folder: Path, scratch: Path, frame: np.ndarray) -> dict[str, Call]:
    """The same crops are read; nobody is tracked, and no face is looked for."""
    models = {kind: import_model(scratch, kind, folder / name) for kind, name in REFERENCES.items()}
    detector = OnnxDetector(models["yolox-nano"])
    emotion = open_emotion_model(models["mini-xception"])
    crops = _crops(frame)

    def whole() -> object:
        detector.detect(frame)
        return emotion.predict(_crops(frame))

    return {
        "YOLOX-nano + mini_XCEPTION": whole,
        "mini_XCEPTION, a crop": lambda: emotion.predict(crops[:1]),
    }


def _deepface(stack: ExitStack, scratch: Path, frame: np.ndarray) -> dict[str, Call]:
    """The installed deepface with a network of its architecture and random weights; nothing without it."""
    if not find_spec("deepface"):
        return {}
    file = scratch / "deepface.onnx"
    file.write_bytes(deepface_network())
    analyze = stack.enter_context(installed_deepface(import_model(scratch, "deepface-emotion", file))).analyze
    crops = _crops(frame)
    return {"DeepFace.analyze, a crop": lambda: analyze(crops[0])}


def _crops(frame: np.ndarray) -> list[np.ndarray]:
    """Of the two faces, about 90 pixels wide."""
    heads = (Detection(each.x1 + 30, each.y1 + 5, each.x1 + 100, each.y1 + 85, 0.9) for each in PEOPLE)
    return [face_crop(frame, head) for head in heads]
