"""What the tests of single misfortunes share: a hub with edges, and looking into it afterwards."""

import json
import shutil
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from tillsight_hub import tables
from tillsight_models.events import decode_event

from .chaos import mismatches
from .chaos_books import Verdict, audit, read_ledger
from .chaos_stage import Edge, Hub, hush, wait_drained

Fact = tuple[str, str, str, int]
"""Device, boot, type and monotonic ms: what an event is, whatever its number."""


@contextmanager
def playing(
    folder: Path,
    mqtt_port: int,
    edges: Sequence[Edge],
    url: str | None = None,
    devices: Sequence[str] = (),
) -> Iterator[Hub]:
    """A hub for these edges and `devices`, which is not started yet; hub and edges are gone afterwards."""
    devices = [*{edge.device: None for edge in edges}, *devices]
    hub = Hub(folder / "hub", mqtt_port=mqtt_port, database_url=url, devices=devices)
    try:
        yield hub
    finally:
        for edge in edges:
            edge.kill()
        hub.kill()


@contextmanager
def looking_into(hub: Hub) -> Iterator[Connection]:
    """A connection to the hub's database."""
    engine = hub.open()
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def settle(hub: Hub, edges: Sequence[Edge], *, may_lose: bool = False) -> Verdict:
    """No more presses; when all is drained the books are compared."""
    drain(hub, edges)
    engine = hub.open()
    try:
        verdict = audit(engine, [edge.witness for edge in edges], edge_kills=0, may_lose=may_lose)
        verdict.violations += mismatches(engine)
    finally:
        engine.dispose()
    return verdict


def drain(hub: Hub, edges: Sequence[Edge], seconds: float = 60) -> None:
    """No more presses; all that is left goes to the hub, and the edges are stopped."""
    hush(edges)
    hub.wait_ready()
    wait_drained(edges, seconds)
    for edge in edges:
        edge.stop()


def stored(hub: Hub) -> int:
    """How many events the hub has."""
    with looking_into(hub) as connection:
        return connection.scalar(select(func.count()).select_from(tables.event)) or 0


def disagreements(hub: Hub) -> list[str]:
    """What the hub's own check finds."""
    engine = hub.open()
    try:
        return mismatches(engine)
    finally:
        engine.dispose()


def scores(hub: Hub) -> list[dict[str, Any]]:
    """The results of GET /api/v1/scores for all touchpoints, of the days around today."""
    headers = {"Authorization": f"Bearer {hub.new_token('analyst')}"}
    request = urllib.request.Request(f"{hub.url}/api/v1/scores", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        results: list[dict[str, Any]] = json.load(answer)["results"]
        return results


def copy_card(source: Edge, target: Edge) -> None:
    """Copy the outbox of a stopped edge."""
    for path in source.outbox.parent.glob(f"{source.outbox.name}*"):
        shutil.copy(path, target.outbox.with_name(path.name))


def facts(edge: Edge) -> set[Fact]:
    """What the edge's ledger says that happened."""
    return {(line.device, edge.boot, line.type, line.mono) for line in read_ledger(edge.ledger).values()}


def stored_facts(hub: Hub) -> list[Fact]:
    """What the hub says that happened, a doubled event twice."""
    event = tables.event.c
    with looking_into(hub) as connection:
        rows = connection.execute(select(event.dev, event.boot, event.type, event.mono))
        return [(dev, boot, type, mono) for dev, boot, type, mono in rows]


def set_aside(hub: Hub) -> list[tuple[str, Fact]]:
    """Reason and event of what is in quarantine."""
    kept = tables.quarantine.c
    with looking_into(hub) as connection:
        rows = connection.execute(select(kept.reason, kept.payload)).all()
    events = [(reason, decode_event(bytes(payload))) for reason, payload in rows]
    return [(reason, (event.dev, event.at.boot, event.type, event.at.mono)) for reason, event in events]
