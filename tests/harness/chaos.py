"""One chaos run: broker, hub and edges are killed on a schedule, then everything drains and is audited."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tillsight_hub.consistency import verify

from .chaos_books import MOST_EXAMPLES, Verdict, audit
from .chaos_schedule import BROKER, HUB, Kill, schedule
from .chaos_stage import Broker, Edge, Hub, hush, start_broker, wait_drained
from .processes import Process

LONGEST_DRAIN_S = 90.0
CLEAN_ENDS = (0, -signal.SIGTERM)
"""Exit codes after SIGTERM; the second one before the program has begun to listen for it."""


@dataclass(frozen=True)
class Play:
    """What to run."""

    folder: Path
    seed: int
    seconds: float
    broker: str
    """mosquitto or amqtt"""
    database_url: str | None = None
    """None: SQLite in the folder."""
    edges: int = 4
    rate: float = 50.0
    """Presses per second and edge while it lives."""


@dataclass
class Outcome:
    """What happened."""

    verdict: Verdict
    kills: Counter[str] = field(default_factory=Counter)
    """By role: broker, hub, edge."""
    stops: Counter[str] = field(default_factory=Counter)
    """Orderly ones, by role."""
    chaos_s: float = 0.0
    drain_s: float = 0.0

    def summary(self) -> dict[str, Any]:
        """For a JSON object."""
        return {
            "kills": {**self.kills, "all": self.kills.total()},
            "stops": {**self.stops, "all": self.stops.total()},
            "chaos_s": round(self.chaos_s, 1),
            "drain_s": round(self.drain_s, 1),
            "ledgered": self.verdict.ledgered,
            "stored": self.verdict.stored,
            "unledgered": self.verdict.unledgered,
            "rollup_events": self.verdict.rollup_events,
            "violations": self.verdict.violations,
        }


class Chaos:
    """The running stage and what was done to it."""

    def __init__(self, play: Play, say: Callable[[str], None]) -> None:
        self.play = play
        self.say = say
        devices = [f"till-{number}" for number in range(1, play.edges + 1)]
        self.broker: Broker = start_broker(play.broker, play.folder / "broker")
        self.hub = Hub(
            play.folder / "hub",
            mqtt_port=self.broker.port,
            database_url=play.database_url,
            devices=devices,
        )
        self.edges = {
            device: Edge(play.folder / "edges", device, mqtt_port=self.broker.port, rate=play.rate)
            for device in devices
        }
        self.kills: Counter[str] = Counter()
        self.stops: Counter[str] = Counter()
        self._asked: set[str] = set()
        self.deaths: list[str] = []
        """Processes that ended without being killed, or not as they should."""

    def run(self) -> Outcome:
        """Everything, from the first start to the audit; all processes are gone afterwards."""
        try:
            self._begin()
            chaos_s = self._strike(schedule(self.play.seed, self.play.seconds, list(self.edges)))
            drain_s = self._drain()
        finally:
            self._end()
        return Outcome(self._audit(), self.kills, self.stops, chaos_s, drain_s)

    def _begin(self) -> None:
        self.broker.start()
        self.hub.start()
        for edge in self.edges.values():
            edge.start()
        self.hub.wait_ready()
        self.say("all up")

    def _strike(self, kills: list[Kill]) -> float:
        """Kill and start again at the times of the schedule; returns the seconds it took."""
        begin = time.monotonic()
        steps = [(kill.at_s, self._ask if kill.gentle else self._kill, kill.victim) for kill in kills]
        steps += [(kill.back_s, self._start, kill.victim) for kill in kills]
        for at_s, act, victim in sorted(steps, key=itemgetter(0)):
            time.sleep(max(0.0, begin + at_s - time.monotonic()))
            act(victim)
        took = time.monotonic() - begin
        self.say(f"{self.kills.total()} kills and {self.stops.total()} stops in {took:.0f} s")
        return took

    def _kill(self, victim: str) -> None:
        if self._runs(victim):
            self._process(victim).kill()
            self.kills[_role(victim)] += 1

    def _ask(self, victim: str) -> None:
        """Tell it to end, and look after that when it is started again."""
        if self._runs(victim):
            os.kill(self._process(victim).pid, signal.SIGTERM)
            self._asked.add(victim)
            self.stops[_role(victim)] += 1

    def _start(self, victim: str) -> None:
        if victim in self._asked:
            self._asked.remove(victim)
            code = self._process(victim).stop()
            if code not in CLEAN_ENDS:
                self.deaths.append(f"{victim} ended with {code} after SIGTERM")
        if victim == HUB:
            self.hub.start()
        else:
            self._process(victim).start()

    def _runs(self, victim: str) -> bool:
        process = self._process(victim)
        if not process.running:
            self.deaths.append(f"{victim} ended by itself with {process.exit_code}")
        return process.running

    def _process(self, victim: str) -> Process:
        if victim == BROKER:
            return self.broker.process
        return self.hub.process if victim == HUB else self.edges[victim].process

    def _drain(self) -> float:
        begin = time.monotonic()
        hush(self.edges.values())
        for victim in (BROKER, HUB, *self.edges):
            self._runs(victim)
        self.hub.wait_ready()
        try:
            wait_drained(list(self.edges.values()), LONGEST_DRAIN_S)
        except AssertionError as error:
            self.deaths.append(str(error))
        took = time.monotonic() - begin
        self.say(f"drained in {took:.1f} s")
        return took

    def _end(self) -> None:
        for edge in self.edges.values():
            edge.stop()
        self.hub.stop()
        self.broker.stop()

    def _audit(self) -> Verdict:
        engine = self.hub.open()
        try:
            witnesses = [edge.witness for edge in self.edges.values()]
            verdict = audit(engine, witnesses, edge_kills=self.kills["edge"])
            verdict.violations += self.deaths + mismatches(engine)
        finally:
            engine.dispose()
        return verdict


def _role(victim: str) -> str:
    return victim if victim in (BROKER, HUB) else "edge"


def mismatches(engine: Engine) -> list[str]:
    """What the hub's own nightly check finds, all counters compared; the first few of it."""
    verdict = verify(engine, "all")
    return [f"verify, {verdict.mismatches} in all: {found}" for found in verdict.examples[:MOST_EXAMPLES]]


def run_chaos(play: Play, say: Callable[[str], None] = lambda text: None) -> Outcome:
    """One run of a play; `say` hears how it goes."""
    return Chaos(play, say).run()
