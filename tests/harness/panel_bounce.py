"""Bounce vectors: what a button's contact did in microseconds, and which presses that was."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

BUTTONS = 5
CASES = Path(__file__).parents[1] / "firmware" / "cases" / "bounce.json"


@dataclass(frozen=True)
class BounceCase:
    """Edges as (us, button, level) in order of time; all contacts are open at both ends."""

    name: str
    edges: list[tuple[int, int, int]]
    presses: list[int]

    @property
    def end_ms(self) -> int:
        """Some time after the last edge."""
        return self.edges[-1][0] // 1000 + 100

    def polled(self, every_ms: int = 1, phase_us: int = 0) -> Iterator[tuple[int, int]]:
        """(ms, level mask) as a loop reads it that polls every `every_ms`, `phase_us` after the full ms."""
        edges = iter(self.edges)
        upcoming = next(edges, None)
        levels = 0
        for ms in range(0, self.end_ms, every_ms):
            while upcoming and upcoming[0] <= ms * 1000 + phase_us:
                bit = 1 << (upcoming[1] - 1)
                levels = levels | bit if upcoming[2] else levels & ~bit
                upcoming = next(edges, None)
            yield ms, levels


def bounce_cases() -> list[BounceCase]:
    """All vectors."""
    return [
        BounceCase(
            case["name"], [(us, button, level) for us, button, level in case["edges"]], case["presses"]
        )
        for case in json.loads(CASES.read_text(encoding="utf-8"))
    ]
