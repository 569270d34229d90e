"""When to kill whom: a list made from a seed, so that a bad run can be had again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

BROKER, HUB = "broker", "hub"

REST_S = {BROKER: (1.0, 6.0), HUB: (2.5, 8.0)}
"""How long a victim is left alone after its restart, least and most; a hub needs some seconds to come up."""
EDGE_REST_S = (1.5, 10.0)
LONGEST_PAUSE_S = 1.5
GENTLE_SHARE = 0.2
"""Of the outages, those that are an orderly stop: a broker that saves its messages tells them again later."""
LONGEST_STOP_S = 2.0


@dataclass(frozen=True)
class Kill:
    """kill -9 `victim` at `at_s` after the beginning, start it again `pause_s` later."""

    at_s: float
    victim: str
    pause_s: float
    gentle: bool = False
    """SIGTERM instead."""

    @property
    def back_s(self) -> float:
        return self.at_s + self.pause_s


def schedule(seed: int, seconds: float, edges: Sequence[str]) -> list[Kill]:
    """Kills in the order of their time, all before `seconds`.

    Outages overlap, as they do in a power cut. Whatever the seed, the first third has a broker, a hub and
    an edge among its victims.
    """
    dice = random.Random(seed)
    firsts = [BROKER, HUB, dice.choice(list(edges))]
    dice.shuffle(firsts)
    kills = [
        Kill(seconds / 3 * (place + dice.uniform(0.3, 0.9)) / 3, victim, dice.uniform(0, LONGEST_PAUSE_S))
        for place, victim in enumerate(firsts)
    ]
    for victim in (BROKER, HUB, *edges):
        first = [kill for kill in kills if kill.victim == victim]
        at = first[0].back_s if first else seconds / 3 * dice.random()
        kills += _kills_of(victim, at, seconds, dice)
    return sorted(kills, key=lambda kill: kill.at_s)


def _kills_of(victim: str, at: float, seconds: float, dice: random.Random) -> list[Kill]:
    kills: list[Kill] = []
    while True:
        least, most = REST_S.get(victim, EDGE_REST_S)
        at += dice.uniform(least, most)
        kill = Kill(at, victim, dice.uniform(0, LONGEST_PAUSE_S))
        if dice.random() < GENTLE_SHARE:
            kill = replace(kill, gentle=True, pause_s=kill.pause_s + LONGEST_STOP_S)
        if kill.at_s >= seconds:
            return kills
        kills.append(kill)
        at = kill.back_s
