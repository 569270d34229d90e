"""One event of every type, as a device would send it."""

import json
from typing import Any

ENVELOPE: dict[str, Any] = {
    "v": 1,
    "id": "5f1e2d3c4b5a6978-7",
    "dev": "till-1-box",
    "tp": "till-1",
    "stream": "5f1e2d3c4b5a6978",
    "seq": 7,
    "t": 1_790_000_000_123,
    "tq": "ntp",
    "boot": "b0071",
    "mono": 4_200_000,
}

DATA: dict[str, dict[str, Any]] = {
    "button.press": {"button": 4, "rating": 4, "scale": "smiley-4", "labels": ["repeat"], "panel": "gpio"},
    "button.undo": {"press": 6},
    "feedback.reason": {"press": 6, "outcome": "answered", "reason": "waiting", "text": "too long"},
    "survey.answer": {
        "survey": "summer",
        "survey_version": 2,
        "visit": "v1",
        "question": "price",
        "value": ["fair", "clear"],
        "language": "de",
    },
    "survey.end": {"survey": "summer", "survey_version": 2, "visit": "v1", "outcome": "partial"},
    "contact.end": {"source": "presence", "dwell_s": 41.5, "people": 2, "camera": "till", "quality": 0.97},
    "traffic.count": {"entrance": "north", "period_s": 60.0, "entered": 12, "left": 9},
    "queue.window": {
        "period_s": 300.0,
        "mean_people": 1.4,
        "most_people": 4,
        "waited": 6,
        "mean_wait_s": 48.5,
        "longest_wait_s": 130.0,
        "camera": "till",
    },
    "emotion.window": {
        "period_s": 900.0,
        "positive": 11,
        "neutral": 20,
        "negative": 10,
        "unknown": 3,
        "model": "emotion",
        "validation": [[40, 5, 1, 6], [4, 70, 6, 11], [1, 8, 32, 9]],
    },
    "demographics.window": {
        "period_s": 3600.0,
        "under_18": 4,
        "from_18": 10,
        "from_30": 14,
        "from_45": 12,
        "from_60": 9,
        "age_unknown": 3,
        "male": 21,
        "female": 26,
        "gender_unknown": 5,
        "model": "demographics",
    },
    "staff.shift": {"team": "early", "state": "start"},
    "staff.attempt": {"duration_s": 180.0, "closed_by": "press"},
    "pos.sales": {"period_s": 900.0, "receipts": 14, "amount": 20_150, "currency": "EUR"},
    "device.clock": {"boot": "b0071", "mono": 4_000, "wall": 1_789_999_999_000, "quality": "ntp"},
    "device.start": {"version": "0.1.0", "boot": "b0071", "panel": "gpio", "capabilities": ["buttons"]},
    "device.health": {"outbox_events": 3, "disk_free_percent": 71.5, "clock_quality": "ntp", "panel": "ok"},
    "device.panel": {"state": "stuck", "button": 2},
    "device.camera": {
        "camera": "till",
        "state": "covered",
        "period_s": 300.0,
        "working_s": 214.5,
        "frames": 1500,
        "looked": 820,
        "detail": "no texture for 10 s",
    },
    "device.audit": {
        "period_s": 600.0,
        "counted": 21,
        "observed": 22,
        "matched": 20,
        "pressers_observed": 4,
        "pressers_matched": 4,
        "camera": "till",
    },
    "device.dropped": {"ranges": [[1, 4], [9, 9]], "reason": "outbox-full"},
}


def wire_event(kind: str, **changes: Any) -> dict[str, Any]:
    """One event of this type as a dict; `changes` replace or add top-level fields, `...` removes one."""
    event = {**ENVELOPE, "type": kind, "data": DATA[kind], **changes}
    return {name: value for name, value in event.items() if value is not ...}


def wire(kind: str, **changes: Any) -> bytes:
    """As `wire_event`, in bytes."""
    return json.dumps(wire_event(kind, **changes)).encode()
