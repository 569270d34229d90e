"""A counter whose contacts are written down by the test, in place of a running agent."""

import json
import os
from typing import Any

from tillsight_edge.config import DeviceConfig


def tell_status(config: DeviceConfig, mono_ms: int, left_ms: list[int], **more: Any) -> None:
    """What an agent with a camera `till` would write: contacts that left then, known until now."""
    rows = [
        {"number": number, "left_ms": left, "source": "camera", "camera": "till"}
        for number, left in enumerate(left_ms, start=1)
    ]
    words = {"pid": os.getpid(), "written": 0.0, "connected": True, "problem": "", "health": {"camera": "ok"}}
    told = {**words, "mono_ms": mono_ms, "contacts": rows, **more}
    config.status_file.write_text(json.dumps(told), encoding="utf-8")
