"""The installed deepface as a reference to measure against."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import BadModel
from ..faces.emotion import Crop
from .onnx_model import silent_runtime
from .registry import Model

WEIGHTS = Path(".deepface/weights/facial_expression_model_weights.onnx")
"""Where deepface looks, below its home; what it does not find it would fetch."""
SETTINGS = {"DEEPFACE_BACKEND_ENGINE": "onnx", "DEEPFACE_ONNX_PROVIDERS": "cpu", "DEEPFACE_LOG_LEVEL": "50"}


class InstalledDeepface:
    """`DeepFace.analyze` on crops of faces, with its own code around an imported `deepface-emotion`."""

    def __init__(self, model: Model, home: Path) -> None:
        """`home` is a folder for what deepface writes; it fetches nothing, its weights are there already."""
        weights = home / WEIGHTS
        weights.parent.mkdir(parents=True, exist_ok=True)
        weights.write_bytes(model.read())
        silent_runtime()
        os.environ.update(SETTINGS, DEEPFACE_HOME=str(home))
        try:
            from deepface import DeepFace
        except ImportError as error:
            raise BadModel(
                f"deepface: cannot be imported: {error}: pip install 'tillsight[deepface]'"
            ) from error
        self._analyze: Any = DeepFace.analyze

    def analyze(self, crop: Crop) -> dict[str, float]:
        """Percent by deepface's own class names for one crop [H, W, 3], blue first."""
        answers = self._analyze(crop, actions=["emotion"], detector_backend="skip", silent=True)
        return {name: float(value) for name, value in answers[0]["emotion"].items()}


@contextmanager
def installed_deepface(model: Model) -> Iterator[InstalledDeepface]:
    """With a home that is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="tillsight-deepface-"))
    try:
        yield InstalledDeepface(model, home)
    finally:
        shutil.rmtree(home, ignore_errors=True)
