"""A tiny simulated world by hand, in the form of the reference simulator: one till, one day."""

import json
from pathlib import Path
from typing import Any

PLACE = {"tp": "s00-t0", "store": "s00", "tz": "Europe/Rome", "hours": ["09:00", "21:00"]}
CALIBRATION: dict[str, Any] = {
    "days": 1,
    "start": "2026-03-16",
    "train_days": 0,
    "touchpoints": [{**PLACE, "audit": {"true": 100, "matched": 90, "counted": 95}}],
    "emotion_classes": ["pos", "neu", "neg"],
    "emotion_validation": [[80, 15, 5], [10, 80, 10], [5, 35, 60]],
}


def press(id: str, at: str, button: int = 3, tp: str = "s00-t0") -> dict[str, Any]:
    """`at` is UTC, HH:MM:SS of 16 March 2026; Rome is an hour ahead."""
    return {"type": "press", "id": id, "tp": tp, "ts": _iso(at), "button": button, "rx": _iso(at)}


def contact(
    id: str, at: str, visit: str, dwell_s: float = 30, emotion: str | None = None, tp: str = "s00-t0"
) -> dict[str, Any]:
    """One part of a visit; `at` is when it began."""
    return {
        "type": "contact",
        "id": id,
        "tp": tp,
        "ts": _iso(at),
        "dwell_s": dwell_s,
        "visit": visit,
        "emotion": emotion,
        "frames": None,
        "rx": _iso(at),
    }


def status(id: str, at: str, state: str, tp: str = "s00-t0") -> dict[str, Any]:
    return {
        "type": "status",
        "id": id,
        "tp": tp,
        "ts": _iso(at),
        "component": "camera",
        "state": state,
        "rx": _iso(at),
    }


def write_world(folder: Path, *lines: dict[str, Any], **calibration: Any) -> Path:
    """The folder with these lines."""
    folder.mkdir(exist_ok=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "events.jsonl").write_text(text, encoding="utf-8")
    (folder / "calibration.json").write_text(json.dumps(CALIBRATION | calibration), encoding="utf-8")
    return folder


def _iso(at: str) -> str:
    return f"2026-03-16T{at}.000Z"
