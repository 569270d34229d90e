"""What others would say of a simulated world: the naive ratio, the 5-second rule, an advised alert rule."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from tillsight_hub.metrics.intervals import wilson

Row = tuple[float | None, float | None, float | None]
"""Score, lower, upper."""
Table = dict[str, dict[str, Row]]
"""By metric and touchpoint."""

PAUSE_S = 5.0
WINDOW_S = 15 * 60
LEAST_FEEDBACKS = 4
UNHAPPY_SHARE = 0.5
NEGATIVE_BUTTONS = 2


@dataclass
class Seen:
    """Of one touchpoint, with duplicates of messages out."""

    presses: list[tuple[float, int]] = field(default_factory=list)
    """Time in seconds and button."""
    contacts: int = 0
    positive_frames: int = 0
    frames: int = 0


def seen_in(lines: Iterable[str], touchpoints: Iterable[str]) -> dict[str, Seen]:
    """By touchpoint; presses in order of time."""
    found = {tp: Seen() for tp in touchpoints}
    ids: set[str] = set()
    for line in lines:
        event = json.loads(line)
        if event["id"] in ids:
            continue
        ids.add(event["id"])
        at = found[event["tp"]]
        if event["type"] == "press":
            at.presses.append((_seconds(event["ts"]), event["button"]))
        elif event["type"] == "contact":
            _count_contact(at, event)
    for at in found.values():
        at.presses.sort()
    return found


def _count_contact(at: Seen, event: dict[str, Any]) -> None:
    at.contacts += 1
    if event["frames"]:
        at.positive_frames += event["frames"][0]
        at.frames += sum(event["frames"])


def naive_ratio(found: dict[str, Seen]) -> Table:
    """Every press a vote, every contact a person, every frame a face."""
    table = _ratios({tp: [button for _, button in at.presses] for tp, at in found.items()}, found)
    table["positive_emotion"] = {tp: _share(at.positive_frames, at.frames) for tp, at in found.items()}
    return table


def five_second_rule(found: dict[str, Seen]) -> Table:
    """A press within five seconds of the one before it does not count."""
    return _ratios({tp: [button for _, button in _spaced(at.presses)] for tp, at in found.items()}, found)


def advised_alerts(found: dict[str, Seen]) -> list[tuple[str, float]]:
    """More than half of at least four feedbacks in 15 minutes unhappy, after the 5-second rule."""
    return [(tp, t) for tp, at in found.items() for t in _alarms(_spaced(at.presses))]


def _alarms(presses: list[tuple[float, int]]) -> Iterator[float]:
    first = 0
    for last, (t, _) in enumerate(presses):
        while presses[first][0] < t - WINDOW_S:
            first += 1
        window = presses[first : last + 1]
        unhappy = sum(button < NEGATIVE_BUTTONS for _, button in window)
        if len(window) >= LEAST_FEEDBACKS and unhappy > UNHAPPY_SHARE * len(window):
            yield t


def _spaced(presses: list[tuple[float, int]]) -> list[tuple[float, int]]:
    return presses[:1] + [two for one, two in pairwise(presses) if two[0] - one[0] >= PAUSE_S]


def _ratios(buttons: dict[str, list[int]], found: dict[str, Seen]) -> Table:
    negative = {tp: sum(button < NEGATIVE_BUTTONS for button in of) for tp, of in buttons.items()}
    return {
        "expressed_dissat": {tp: _share(negative[tp], at.contacts) for tp, at in found.items()},
        "response_rate": {tp: _share(len(buttons[tp]), at.contacts) for tp, at in found.items()},
        "csat_pressers": {tp: _share(len(of) - negative[tp], len(of)) for tp, of in buttons.items()},
    }


def _share(k: int, n: int) -> Row:
    """Of more presses than contacts a share has no interval, and is 1."""
    interval = wilson(min(k, n), n, 0.95)
    return (min(k, n) / n, *interval) if interval else (None, None, None)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()
