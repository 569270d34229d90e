"""Clips and a quiet rendered store through the whole pipeline, with the motion gate and without it."""

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting.clips import Clip
from tillsight_edge.vision.counting.motion import MotionRules
from tillsight_edge.vision.counting.pipeline import Pipeline
from tillsight_edge.vision.frames import Frame
from tillsight_edge.vision.networks.detector import OnnxDetector
from tillsight_edge.vision.networks.registry import Model
from tillsight_edge.vision.scene.script import busy_till
from tillsight_edge.vision.scene.store import StoreScene

EVERY_FRAME = MotionRules(watching_s=0, empty_s=0)
RATE_HZ = 5.0
QUIET_S = 120.0
QUIET = "rendered store, a customer in 90 s"


def bench_gate(model: Model, clips: list[Path]) -> dict[str, Any]:
    """By clip: share of frames looked at, and of the pipeline's CPU time (without decoding) that is saved."""
    sources: dict[str, Callable[[], Iterable[Frame]]] = {clip.name: partial(_of_clip, clip) for clip in clips}
    sources[QUIET] = _of_store
    figures = {}
    for name, source in sources.items():
        with_gate, looked = _cost(model, source(), None)
        without, frames = _cost(model, source(), EVERY_FRAME)
        figures[name] = {
            "frames": frames,
            "looked at": looked / frames,
            "CPU time saved": 1 - with_gate / without,
        }
    return figures


def _of_clip(path: Path) -> Iterator[Frame]:
    return Clip(path, RATE_HZ).frames()


def _of_store() -> Iterator[Frame]:
    scene = StoreScene(1, script=busy_till(1, every_s=90))
    for number in range(round(QUIET_S * RATE_HZ)):
        at_s = number / RATE_HZ
        yield Frame(number + 1, round(1000 * at_s), scene.render(at_s).image)


def _cost(model: Model, frames: Iterable[Frame], rules: MotionRules | None) -> tuple[float, int]:
    """CPU seconds that the pipeline took for the frames, and how many of them the detector saw."""
    camera = CameraSettings(source="0", zone=((0.1, 0.1), (0.9, 0.95)))
    pipeline = Pipeline(camera, OnnxDetector(model), sure=model.entry.threshold_of("person"), motion=rules)
    spent = 0.0
    for frame in frames:
        start = time.process_time()
        pipeline.look(frame)
        spent += time.process_time() - start
    return spent, pipeline.looked
