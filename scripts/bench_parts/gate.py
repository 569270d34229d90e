"""Clips through the whole pipeline, with the motion gate and with every frame looked at."""

import time
from pathlib import Path
from typing import Any

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting import Clip
from tillsight_edge.vision.detector import OnnxDetector
from tillsight_edge.vision.motion import MotionRules
from tillsight_edge.vision.pipeline import Pipeline
from tillsight_edge.vision.registry import Model

EVERY_FRAME = MotionRules(watching_s=0, empty_s=0)
RATE_HZ = 5.0


def bench_gate(model: Model, clips: list[Path]) -> dict[str, Any]:
    """By clip: share of frames looked at, and of the pipeline's CPU time (without decoding) that is saved."""
    figures = {}
    for clip in clips:
        with_gate, looked = _cost(model, clip, None)
        without, frames = _cost(model, clip, EVERY_FRAME)
        figures[clip.name] = {
            "frames": frames,
            "looked at": looked / frames,
            "CPU time saved": 1 - with_gate / without,
        }
    return figures


def _cost(model: Model, path: Path, rules: MotionRules | None) -> tuple[float, int]:
    """CPU seconds that the pipeline took for a clip, and how many frames the detector saw."""
    camera = CameraSettings(source=str(path), zone=((0.1, 0.1), (0.9, 0.95)))
    pipeline = Pipeline(camera, OnnxDetector(model), sure=model.entry.threshold_of("person"), motion=rules)
    spent = 0.0
    for frame in Clip(path, RATE_HZ).frames():
        start = time.process_time()
        pipeline.look(frame)
        spent += time.process_time() - start
    return spent, pipeline.looked
