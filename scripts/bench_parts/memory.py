"""The memory of the process that sees, with everything on, while it looks at a rendered store."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil
from tests.harness.processes import Process

from .frames import Names

CONFIG = """
[device]
id = "bench-box"
org = "bench"
site = "bench"
touchpoint = "bench"

[panel]
kind = "keyboard"

[hub]
host = "127.0.0.1"

[outbox]
path = "{folder}/outbox.db"

[cameras.till]
source = "scene:1"
zone = [[0.3, 0.3], [0.7, 1.0]]

[vision]
models_folder = {models}
persons_model = "{names.persons}"

[emotion]
enabled = true
model = "{names.emotion}"
faces_model = "{names.faces}"
staff_out_of_view = true

[demographics]
enabled = true

[declaration]
purpose = "measuring memory"
assessment = "none"
legal_basis = "consent"
responsible = "nobody"
sign_installed = 2020-01-01
expires = 2099-01-01
"""


def bench_memory(names: Names, models: Path, scratch: Path, seconds: float) -> dict[str, Any]:
    """The most MB resident of each of the vision process's children and of their supervisor.

    `together` counts a page that several of them share only once.
    """
    config = scratch / "device.toml"
    text = CONFIG.format(folder=scratch, models=json.dumps(str(models)), names=names)
    config.write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("tillsight-edge")
    vision = Process([program, "vision", "--config", config], scratch / "log")
    vision.start()
    most: dict[str, float] = {}
    try:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(0.5)
            for name, value in _resident_mb(vision.pid).items():
                most[name] = max(value, most.get(name, 0))
    finally:
        vision.stop()
    return most


def _resident_mb(pid: int) -> dict[str, float]:
    """By role, and together."""
    sizes = {"together": 0.0}
    supervisor = psutil.Process(pid)
    for process in (supervisor, *supervisor.children(recursive=True)):
        try:
            words = " ".join(process.cmdline())
            role = next((role for role in ("watch", "capture") if f".{role} " in words), "supervisor")
            memory = process.memory_full_info()
            sizes[role] = memory.rss / 1e6
            sizes["together"] += memory.pss / 1e6
        except psutil.Error:
            continue
    return sizes
