"""The watching child's own wiring: everything that may look at a frame works after the rights are gone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.harness.networks import any_size_boxes_network, model_in
from tests.harness.store_clip import CAMERA, write_store_clip
from tests.harness.vision_world import write_config

from tillsight_edge.config import load_config
from tillsight_edge.vision.process.watch import open_watcher
from tillsight_models.manifest import as_toml

PROGRAM = """
import json, sys
from pathlib import Path
from tillsight_edge.config import load_config
from tillsight_edge.vision.process import sandbox
from tillsight_edge.vision.counting.clips import Clip
from tillsight_edge.vision.process.watch import open_watcher

watcher = open_watcher(load_config(Path(sys.argv[1])), "till", 0)
clip = Clip(Path(sys.argv[2]))
sandbox.enter(sandbox.Profile.WATCH)
told, looks = [], 0
for frame in clip.frames():
    told += watcher.frame(frame, frame.mono_ms)
    looks = max(looks, len(watcher._moods._reader._tallies))
told += watcher.finish(clip.end_ms)
print(json.dumps([sorted({type(seen).__name__ for seen in told}), looks]))
"""


DECLARATION = {
    "purpose": "to show that it works",
    "assessment": "none",
    "legal_basis": "consent",
    "responsible": "a test",
    "sign_installed": "2026-01-01",
    "expires": "2036-01-01",
}


def test_without_the_models_for_faces_counting_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = write_config(
        tmp_path,
        {"till": {"source": "scene:7", **CAMERA}},
        emotion={"enabled": True, "model": "elsewhere"},
        declaration=DECLARATION,
    )
    watcher = open_watcher(load_config(config), "till", 0)
    assert "faces are not looked at: " in caplog.text
    assert watcher.now.present == 0


def test_persons_faces_emotion_and_age_are_looked_at_inside_the_sandbox(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    faces = model_in(
        models,
        any_size_boxes_network(),
        name="bright",
        task="faces",
        input=[1, 0, 0, 3],
        classes=["face"],
        threshold=0.3,
    )
    (models / "bright.toml").write_text(as_toml(faces.entry), encoding="utf-8")
    write_store_clip(tmp_path / "store.mp4", customers=1)
    config = write_config(
        tmp_path,
        {"till": {"source": str(tmp_path / "store.mp4"), **CAMERA}},
        vision={"models_folder": str(models)},
        emotion={"enabled": True, "faces_model": "bright"},
        demographics={"enabled": True},
        declaration=DECLARATION,
    )
    words = [sys.executable, "-c", PROGRAM, config, tmp_path / "store.mp4"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    kinds, looks = json.loads(done.stdout)
    assert kinds == ["CameraSeen", "ContactSeen"]
    assert looks == 1
