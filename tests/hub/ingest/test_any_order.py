"""Whatever the network does to the order of events, how often it repeats them and how it cuts them into
messages: rollups, labels, times and watermarks come out the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete
from tests.harness.ingesting import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    Box,
    changed,
    intake,
    rollups_of,
    table_rows,
    take,
)

from tillsight_hub import tables
from tillsight_hub.consistency import verify
from tillsight_hub.rollups import rebuild
from tillsight_models.events import EventsDropped

Sent = tuple[Box, bytes]

TELLERS = ("press", "repeat", "undo", "contact", "sales", "nps", "bad", "anchor", "boot", "drop", "lose")
EMPTIED = ("event", "stream", "stream_gap", "quarantine", "device_clock", "press_undone", "consistency_run")

moments = st.sampled_from([0, 1, 7 * MINUTE, HOUR, 13 * HOUR, DAY])
actions = st.lists(st.tuples(st.sampled_from(TELLERS), st.integers(1, 4), moments), min_size=1, max_size=14)


def story(box: Box, told: list[tuple[str, int, int]]) -> Iterator[Sent]:
    """The events of a device in the order in which they happened; every boot begins without the time."""
    boots, mono, began, synced = 1, 0, NOON - 3 * DAY, False
    for what, number, later in told:
        mono += later + 1000
        at: dict[str, Any] = {"mono": mono, "tq": "ntp" if synced else "unsynced"}
        at["t"] = began + mono if synced else number * HOUR
        if what in ("press", "repeat"):
            yield box, box.press(number, repeat=what == "repeat", **at)
        elif what == "nps":
            yield box, box.press(number, scale="nps", **at)
        elif what == "undo" and box.seq:
            yield box, box.undo(max(1, box.seq - number), **at)
        elif what == "contact":
            yield box, box.contact(people=number, **at)
        elif what == "sales":
            yield box, box.sales(number, number * 100, **at)
        elif what == "bad":
            yield box, changed(box.press(**at), type="button.hug")
        elif what == "anchor":
            synced = True
            yield box, box.anchor(mono - number, began + mono + number * 777)  # two anchors never agree
        elif what == "boot":
            boots, synced = boots + 1, False
            box.boot = f"boot-{boots}"
        elif what == "drop":
            box.skip(number)
            ranges = [(box.seq - number + 1, box.seq)]
            yield box, box.event(EventsDropped(ranges=ranges, reason="outbox-full"), **at)
        elif what == "lose":
            box.skip(number)


def boxes() -> list[Box]:
    return [Box(), Box("box-2", "till-2", "bbbbbbbbbbbbbbbb"), Box("box-3", "stall", "c" * 16, "pune")]


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[list[Sent], list[list[Sent]]]:
    """Events in order, and the same ones as transactions of messages in any order, some of them repeated."""
    events = [sent for box in boxes() for sent in story(box, draw(actions))]
    again = draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    mixed = draw(st.permutations(events + again))
    cuts = sorted(draw(st.lists(st.integers(0, len(mixed)), max_size=5)))
    return events, [
        mixed[start:end] for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True) if start < end
    ]


def received(sent: Sent) -> int:
    return NOON + DAY + len(sent[1])


def empty(engine: Engine) -> None:
    with engine.begin() as connection:
        for name in (*EMPTIED, "rollup_hour", "rollup_day"):
            connection.execute(delete(tables.metadata.tables[name]))


def outcome(engine: Engine) -> dict[str, Any]:
    """What must not depend on the order."""
    return {
        "events": table_rows(engine, "event"),
        "streams": table_rows(engine, "stream", "id", "device_id", "upto", "highest"),
        "quarantine": sorted(row["seq"] for row in table_rows(engine, "quarantine")),
        "anchors": table_rows(engine, "device_clock"),
        **rollups_of(engine),
    }


def assert_order_does_not_matter(engine: Engine, events: list[Sent], transactions: list[list[Sent]]) -> None:
    empty(engine)
    for sent in events:
        take(engine, sent, received=received(sent))
    in_order = outcome(engine)
    empty(engine)
    taker = intake(engine)
    for transaction in transactions:
        take_all(taker, transaction)
    assert outcome(engine) == in_order
    rebuild(engine)
    assert rollups_of(engine) == {name: in_order[name] for name in ("rollup_hour", "rollup_day")}
    assert verify(engine, "all").examples == []


def take_all(taker: Any, transaction: list[Sent]) -> None:
    """One transaction of several messages, each received when it always is."""
    from tillsight_hub.ingest.checks import read_message
    from tillsight_hub.ingest.messages import Incoming

    taker.take([read_message(Incoming(sent[0].topic, sent[1], received(sent))) for sent in transaction])


FREELY = {"deadline": None, "suppress_health_check": list(HealthCheck), "derandomize": True}


@settings(max_examples=40, **FREELY)
@given(shuffled())
def test_order_repetition_and_batching_change_nothing(
    engine: Engine, told: tuple[list[Sent], list[list[Sent]]]
) -> None:
    assert_order_does_not_matter(engine, *told)


@pytest.mark.postgresql
@settings(max_examples=8, **FREELY)
@given(shuffled())
def test_order_repetition_and_batching_change_nothing_on_postgresql(
    postgresql_engine: Engine, told: tuple[list[Sent], list[list[Sent]]]
) -> None:
    assert_order_does_not_matter(postgresql_engine, *told)
