"""The installed deepface with a network of its architecture says what our session says."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.harness.networks import deepface_network, model_in

from tillsight_edge.opencv_wheels import one_opencv
from tillsight_edge.vision.faces.emotion import FERPLUS
from tillsight_edge.vision.networks.emotion_models import open_emotion_model
from tillsight_edge.vision.networks.upstream.known import FER2013

ASK = """
import json, sys
from pathlib import Path
import cv2, numpy as np

connected = []
sys.addaudithook(lambda event, args: connected.append(event) if event.startswith("socket.connect") else None)
from tests.harness.networks import deepface_network, model_in
from tillsight_edge.vision.networks.deepface_emotion import installed_deepface
from tillsight_edge.vision.networks.upstream.known import FER2013

folder = Path(sys.argv[1])
model = model_in(folder, deepface_network(), decoder="deepface", input=[0, 48, 48, 1], classes=FER2013)
with installed_deepface(model) as deepface:
    said = [deepface.analyze(crop) for crop in np.load(folder / "crops.npy")]
print(json.dumps([said, connected]))
"""
OURS = {"angry": "anger", "happy": "happiness", "sad": "sadness"}


def test_exactly_one_wheel_owns_opencv() -> None:
    assert one_opencv() is None


def test_our_session_says_what_deepface_says_and_deepface_fetches_nothing(tmp_path: Path) -> None:
    pytest.importorskip("deepface")
    crops = [_smooth(seed) for seed in range(3)]
    np.save(tmp_path / "crops.npy", crops)
    done = subprocess.run(
        [sys.executable, "-c", ASK, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[4],
        env={"HOME": str(tmp_path / "home"), "PATH": "/usr/bin"},
    )
    said, connected = json.loads(done.stdout.splitlines()[-1])
    assert connected == []
    assert not (tmp_path / "home").exists()
    model = model_in(tmp_path, deepface_network(), decoder="deepface", input=[0, 48, 48, 1], classes=FER2013)
    ours = open_emotion_model(model).predict(crops)
    for row, answer in zip(ours, said, strict=True):
        theirs = {OURS.get(name, name): share / 100 for name, share in answer.items()}
        for name, share in theirs.items():
            assert row[FERPLUS.index(name)] == pytest.approx(share, abs=0.01), name
    assert np.ptp(ours, axis=0).max() > 0.05, "the crops differ, and so should the answers"


def _smooth(seed: int) -> np.ndarray:
    """A crop without fine grain, so that the way in which it is made small does not matter."""
    waves = np.random.default_rng(seed).uniform(1, 6, (2, 3))
    y, x = np.mgrid[:224, :224] / 224
    planes = [127 + 120 * np.sin(waves[0, k] * x * 3 + k) * np.cos(waves[1, k] * y * 3) for k in range(3)]
    return np.stack(planes, -1).astype(np.uint8)
