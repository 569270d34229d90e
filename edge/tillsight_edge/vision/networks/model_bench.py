"""How fast the models are on one thread, and how often the ones for emotion are right, all in one run."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import BadModel
from ..faces.demographics import NetworkDemographics
from ..faces.emotion import FERPLUS, EmotionModel, Probabilities, valence_shares
from ..frames import Image
from ..scene.training import random_scene
from .deepface_emotion import installed_deepface
from .detector import LEAST_SCORE, BoxNetwork
from .emotion_models import open_emotion_model
from .registry import Model, Registry

Row: TypeAlias = dict[str, Any]
Labels: TypeAlias = npt.NDArray[np.int64]

FRAME_SIZE = (640, 480)
CROP_SIDE = 96
MOST_FACES = 4000
DEEPFACE = "DeepFace.analyze"


def bench(registry: Registry, runs: int, data: Path | None = None) -> list[Row]:
    """A row for each model: task, milliseconds a call, times those of the task's shipped model; accuracy."""
    cv2.setNumThreads(1)
    models = registry.models()
    faces = labelled_faces(data) if data else None
    with ExitStack() as stack:
        calls = {model.name: _call(model) for model in models.values()}
        tasks = {model.name: model.entry.task for model in models.values()}
        if "deepface-emotion" in models and find_spec("deepface"):
            calls[DEEPFACE], tasks[DEEPFACE] = _deepface(stack, models["deepface-emotion"]), "emotion"
        times = fastest(calls, runs)
    ours = {model.entry.task: times[model.name] for model in models.values() if model.shipped}
    rows = []
    for name, seconds in times.items():
        task = tasks[name]
        row: Row = {"name": name, "task": task, "ms": seconds * 1000}
        row["times ours"] = seconds / ours[task] if task in ours else None
        if faces and task == "emotion" and name in models:
            row |= accuracy(open_emotion_model(models[name]), *faces)
        rows.append(row)
    return rows


def fastest(calls: dict[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """Seconds of the fastest call of each; they take turns, so that a busy moment hits them all."""
    times = dict.fromkeys(calls, float("inf"))
    for _ in range(runs):
        for name, call in calls.items():
            call()  # brings its weights back into the cache
            start = time.perf_counter()
            call()
            times[name] = min(times[name], time.perf_counter() - start)
    return times


def labelled_faces(data: Path) -> tuple[npt.NDArray[np.uint8], Labels]:
    """Grey faces [N, H, W] and their FER+ class, of those that most annotators agreed on."""
    try:
        with np.load(data) as arrays:
            images, labels = arrays["images"], arrays["ferplus_majority"].astype(np.int64)
    except (OSError, KeyError, ValueError) as error:
        raise BadModel(f"{data}: should be npz with images and ferplus_majority: {error}") from error
    agreed = np.flatnonzero(labels >= 0)[:MOST_FACES]
    return images[agreed], labels[agreed]


def accuracy(model: EmotionModel, images: npt.NDArray[np.uint8], labels: Labels) -> Row:
    """Shares of faces whose class, and whose valence (without surprised ones), is the annotators'."""
    said = model.predict(list(images))
    truth: Probabilities = np.eye(len(FERPLUS), dtype=np.float32)[labels]
    clear = labels != FERPLUS.index("surprise")
    valence = valence_shares(said).argmax(1) == valence_shares(truth).argmax(1)
    return {"ferplus": float((said.argmax(1) == labels).mean()), "valence": float(valence[clear].mean())}


def _call(model: Model) -> Callable[[], object]:
    """One call as the product makes it: a frame for boxes, one crop for a face."""
    frame, crop = _pictures()
    if model.entry.task == "emotion":
        emotion = open_emotion_model(model)
        return lambda: emotion.predict([crop])
    if model.entry.task == "demographics":
        demographics = NetworkDemographics(model)
        return lambda: demographics.predict([crop])
    network = BoxNetwork(model)
    return lambda: network.find(frame, LEAST_SCORE)


def _deepface(stack: ExitStack, model: Model) -> Callable[[], object]:
    deepface = stack.enter_context(installed_deepface(model))
    _, crop = _pictures()
    return lambda: deepface.analyze(crop)


def _pictures() -> tuple[Image, Image]:
    """A frame, and a crop of the size that a customer's face has at the till."""
    frame = random_scene(np.random.default_rng(1), *FRAME_SIZE)[0]
    return frame, np.ascontiguousarray(frame[:CROP_SIDE, :CROP_SIDE])
