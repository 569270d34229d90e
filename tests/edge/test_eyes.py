"""A device with cameras, from the command line; and one without, which has nothing of it."""

import os
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.outboxes import new_outbox
from tests.harness.processes import wait_until
from tests.harness.store_clip import CAMERA, write_store_clip
from tests.harness.vision_world import children, contacts, reports, stored, write_config

from tillsight_edge import config as config_module
from tillsight_edge.__main__ import main
from tillsight_edge.agent import Agent
from tillsight_edge.config import load_config
from tillsight_edge.simulate import Pace, simulate
from tillsight_models.events import DeviceStarted
from tillsight_models.manifest import shipped

LIGHT = """
import sys, threading
from pathlib import Path
from tillsight_edge.agent import Agent
from tillsight_edge.agent import Agent
from tillsight_edge.config import load_config

agent = Agent(load_config(Path(sys.argv[1])), config_file=Path(sys.argv[1]))
threading.Timer(1, agent.stop).start()
agent.run()
parts = ("cv2", "numpy", "onnxruntime", "tillsight_edge.vision", "tillsight_edge.cameras")
print([part for part in parts if part in sys.modules])
"""


def test_an_agent_without_cameras_imports_nothing_that_sees(tmp_path: Path) -> None:
    config = write_toml(tmp_path / "device.toml", device_settings(tmp_path, panel={"kind": "keyboard"}))
    done = subprocess.run([sys.executable, "-c", LIGHT, config], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_agent_with_cameras_imports_nothing_heavy(tmp_path: Path) -> None:
    camera = {"source": "scene:1", "zone": [[0.1, 0.1], [0.9, 0.9]]}
    config = write_config(tmp_path, {"till": camera}, panel={"kind": "keyboard"}, vision={"start": False})
    done = subprocess.run([sys.executable, "-c", LIGHT, config], capture_output=True, text=True, check=True)
    assert done.stdout == "['tillsight_edge.vision', 'tillsight_edge.cameras']\n"


def test_without_the_parts_that_see_check_and_run_say_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = {"source": "scene:1", "zone": [[0.1, 0.1], [0.9, 0.9]]}
    config = write_config(tmp_path, {"till": camera}, panel={"kind": "keyboard"})
    monkeypatch.setattr(config_module, "find_spec", lambda part: None if part == "onnxruntime" else object())
    for command in ("check", "run"):
        assert main([command, "--config", str(config)]) == 2
        assert capsys.readouterr().err == "cameras: need onnxruntime: pip install 'tillsight[vision]'\n"


def test_a_machine_without_a_sandbox_is_found_by_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = {"source": "scene:1", "zone": [[0.1, 0.1], [0.9, 0.9]]}
    config = write_config(tmp_path, {"till": camera})
    monkeypatch.setattr(platform, "machine", lambda: "armv7l")
    assert main(["check", "--config", str(config)]) == 2
    assert capsys.readouterr().err == (
        "cameras: machine 'armv7l': the vision process needs a 64-bit x86_64 or aarch64\n"
    )


def test_what_a_camera_cannot_count_is_found_by_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_config(tmp_path, {"till": {"source": "scene:1"}})
    assert main(["check", "--config", str(config)]) == 2
    assert capsys.readouterr().err == (
        "cameras.till.zone: None: there is no zone, queue_zone or entrance: this camera counts nothing\n"
    )


def test_a_socket_with_too_long_a_name_is_found_by_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = {"source": "scene:1", "zone": [[0.1, 0.1], [0.9, 0.9]]}
    long = {"socket": str(tmp_path / ("x" * 100))}
    config = write_config(tmp_path, {"till": camera}, vision=long)
    assert main(["check", "--config", str(config)]) == 2
    assert capsys.readouterr().err.endswith("should be a name of at most 80 bytes\n")


def test_without_cameras_there_is_nothing_to_see(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_config(tmp_path, {})
    assert main(["vision", "--config", str(config)]) == 2
    assert capsys.readouterr().err == "cameras: none: there is nothing to look at\n"


def test_the_hub_hears_which_model_looks_at_frames(tmp_path: Path) -> None:
    camera = {"source": "scene:1", "zone": [[0.1, 0.1], [0.9, 0.9]]}
    agent = Agent(load_config(write_config(tmp_path, {"till": camera})))
    assert agent._hello().models == {"persons": shipped()["persons"].sha256}


def test_simulate_counts_contacts_from_frames(tmp_path: Path) -> None:
    write_store_clip(tmp_path / "store.mp4")
    camera = {"source": str(tmp_path / "store.mp4"), **CAMERA}
    config_file = write_config(tmp_path, {"till": camera}, vision={"window_s": 10})
    outbox, stopping = new_outbox(tmp_path), threading.Event()

    def stop_after_a_contact() -> None:
        try:
            wait_until(lambda: len(contacts(outbox)) >= 1, "a contact")
        finally:
            stopping.set()

    watch = threading.Thread(target=stop_after_a_contact)
    watch.start()
    config = load_config(config_file)
    account = simulate(
        config, Pace(60, 0), stopping, seed=1, seconds=None, drain_s=0, config_file=config_file
    )
    watch.join()
    assert not children(os.getpid(), "vision")
    assert account["camera_contacts"] == len(contacts(outbox)) >= 1
    assert account["contacts"] == 0
    assert stored(outbox, DeviceStarted)[0][1].capabilities == ["buttons", "undo", "camera"]
    told = [event for event, _ in reports(outbox)]
    assert told[-1].at.mono >= contacts(outbox)[-1][0].at.mono
