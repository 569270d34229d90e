"""Several hub workers on one PostgreSQL, with everybody in everybody's way."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from tests.harness.ingesting import (
    DAY,
    MINUTE,
    NOON,
    SEED,
    Box,
    changed,
    intake,
    rollups_of,
    table_rows,
    take,
)
from tests.harness.processes import wait_until

from tillsight_hub import rollups
from tillsight_hub.consistency import verify
from tillsight_hub.ingest.clocks import bound_unsynced
from tillsight_hub.rollups import rebuild
from tillsight_hub.seed import Seed, apply_seed

pytestmark = pytest.mark.postgresql

Sent = tuple[Box, bytes]


def busy_days() -> list[Sent]:
    """Two devices at one touchpoint, one of them with two cards, a third elsewhere and a stranger; every kind
    of event that moves another one. Only the first card's anchors date the events of both."""
    boxes = [
        Box(),
        Box(stream="d" * 16),
        Box("box-2", "till-1", "b" * 16),
        Box("box-3", "stall", "c" * 16, "pune"),
        Box("box-9", stream="9" * 16),
    ]
    sent: list[Sent] = []
    for box in boxes:
        for n in range(40):
            at: dict[str, Any] = {"mono": n * MINUTE}
            at |= {"t": n, "tq": "unsynced"} if n % 5 == 0 else {"t": NOON + n * 20 * MINUTE}
            sent.append((box, box.press(n % 4 + 1, repeat=n % 7 == 0, **at)))
            if n % 6 == 3:
                sent.append((box, box.undo(box.seq - n % 3, t=NOON + n * 20 * MINUTE)))
            if n % 20 == 19 and box.stream != "d" * 16:
                sent.append((box, box.anchor(n * MINUTE, NOON + n * MINUTE)))
            if n % 25 == 24:
                sent.append((box, changed(box.press(**at), type="button.hug")))
    return sent


def work(engine: Engine, sent: list[Sent], seed: int) -> None:
    """One worker: all events in its own order and batches, each transaction until it succeeds."""
    dice, mine, taker = random.Random(seed), list(sent), intake(engine, now=NOON + 9 * DAY)
    dice.shuffle(mine)
    while mine:
        size = dice.randint(1, 25)
        batch, mine = mine[:size], mine[size:]
        for _ in range(20):
            try:
                take(taker, *batch, received=NOON + 8 * DAY)
                break
            except OperationalError:
                continue
        else:
            raise AssertionError("twenty transactions failed")


def outcome(engine: Engine) -> dict[str, Any]:
    return {
        "events": table_rows(engine, "event", "stream", "seq", "t", "tq", "labels"),
        "streams": table_rows(engine, "stream", "id", "device_id", "upto", "highest"),
        "quarantine": sorted((row["stream"], row["seq"]) for row in table_rows(engine, "quarantine")),
        **rollups_of(engine),
    }


def test_workers_that_store_the_same_events_at_once_store_and_count_them_once(
    engine: Engine, postgresql_engine: Engine
) -> None:
    sent = busy_days()
    take(intake(engine, now=NOON + 9 * DAY), *sent, received=NOON + 8 * DAY)
    done = threading.Event()

    def disturb() -> int:
        """Rebuilds, nightly jobs and changes of the hierarchy come in between."""
        times = 0
        while not done.is_set():
            touchpoint = {**SEED["touchpoint"][0], "scale": ("nps", "smiley-4")[times % 2]}
            seed = {**SEED, "touchpoint": [touchpoint, *SEED["touchpoint"][1:]]}
            apply_seed(postgresql_engine, Seed.model_validate(seed))
            rebuild(postgresql_engine)
            bound_unsynced(postgresql_engine)
            times += 1
        apply_seed(postgresql_engine, Seed.model_validate(SEED))
        return times

    with ThreadPoolExecutor(4) as pool:
        disturber = pool.submit(disturb)
        workers = [pool.submit(work, postgresql_engine, sent, seed) for seed in (1, 2, 3)]
        for worker in workers:
            worker.result(150)
        done.set()
        assert disturber.result(60) > 0
    assert verify(postgresql_engine, "all").examples == []
    assert outcome(postgresql_engine) == outcome(engine)


def somebody_waits(engine: Engine) -> bool:
    with engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


class Pause:
    """Stops the first transaction that comes by between storing its events and counting them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._add = rollups.add
        monkeypatch.setattr(rollups, "add", self._slow_add)

    def _slow_add(self, *arguments: Any) -> None:
        if not self.reached.is_set():
            self.reached.set()
            assert self.go_on.wait(60)
        self._add(*arguments)


def overlapping(engine: Engine, pause: Pause, first: Callable[[], Any], second: Callable[[], Any]) -> None:
    """The second begins in the middle of the first, and has to wait for it."""
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(first)]
        assert pause.reached.wait(60)
        jobs.append(pool.submit(second))
        try:
            wait_until(lambda: somebody_waits(engine), "the second to wait")
        finally:
            pause.go_on.set()
        for job in jobs:
            job.result(30)
    assert verify(engine, "all").examples == []


def test_a_recount_waits_for_events_that_are_stored_and_not_yet_counted(
    postgresql_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box()
    event = box.press()
    overlapping(
        postgresql_engine,
        Pause(monkeypatch),
        lambda: take(postgresql_engine, (box, event)),
        lambda: rebuild(postgresql_engine),
    )
    assert table_rows(postgresql_engine, "rollup_day")[0]["events"] == 1


@pytest.mark.parametrize("is_known", [False, True])
def test_two_workers_never_have_the_same_stream(
    postgresql_engine: Engine, monkeypatch: pytest.MonkeyPatch, is_known: bool
) -> None:
    stranger = Box("box-9")
    events = [stranger.press() for _ in range(4)]
    if is_known:
        take(postgresql_engine, (stranger, events[0]))
    overlapping(
        postgresql_engine,
        Pause(monkeypatch),
        lambda: take(postgresql_engine, (stranger, events[:3])),
        lambda: take(postgresql_engine, (stranger, events[1:])),
    )
    assert table_rows(postgresql_engine, "stream")[0]["upto"] == 4
    assert len(table_rows(postgresql_engine, "quarantine")) == 4


def test_two_workers_never_have_the_same_device(
    postgresql_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else an anchor and an event of its boot could miss each other."""
    old, new = Box(), Box(stream="b" * 16)
    early, anchor = old.press(t=5, tq="unsynced", mono=5), new.anchor(MINUTE, NOON)
    overlapping(
        postgresql_engine,
        Pause(monkeypatch),
        lambda: take(postgresql_engine, (old, early)),
        lambda: take(postgresql_engine, (new, anchor)),
    )
    assert table_rows(postgresql_engine, "event")[0]["t"] == NOON - MINUTE + 5
