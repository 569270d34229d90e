"""The hub dies at every labelled step of the writer: nothing is lost, nothing is counted twice."""

import os
import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.harness.ingest_program import BATCH
from tests.harness.ingesting import HOUR, NOON, Box, changed, rollups_of, table_rows, take

from tillsight_hub.consistency import verify
from tillsight_hub.ingest.crash_points import EXIT_CODE, LABELS, VARIABLE

DIES_IN = 2
"""The transaction in which the writer dies; the one before is done."""


def day_of_a_box() -> tuple[Box, list[bytes]]:
    """Three transactions of three messages that touch every table."""
    box = Box()
    early = box.press(2, t=40_000, tq="unsynced", mono=5)
    events = [early, box.press(4, t=NOON), box.contact()]
    events += [box.undo(2), box.anchor(HOUR, NOON), changed(box.press(), tq="sundial")]
    box.skip(2)
    events += [box.dropped((7, 8)), box.press(1), box.sales(3, 999)]
    return box, events


def run_until_it_dies(engine: Engine, box: Box, events: list[bytes], label: str) -> tuple[int, int]:
    """How many messages the broker was confirmed, and how far the device was acknowledged."""
    lines = "".join(f"{box.topic}\t{event.hex()}\n" for event in events)
    url = engine.url.render_as_string(hide_password=False)
    child = subprocess.run(
        [sys.executable, "-m", "tests.harness.ingest_program", url],
        input=lines,
        env={**environment(), VARIABLE: f"{label}:{DIES_IN}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert child.returncode == EXIT_CODE, child.stderr
    told = [line.split() for line in child.stdout.splitlines()]
    confirmed = [int(number) for word, number in told if word == "puback"]
    assert confirmed == list(range(len(confirmed))), "in the order of arrival"
    return len(confirmed), max((int(upto) for word, upto in told if word == "ack"), default=0)


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != VARIABLE}


def outcome(engine: Engine) -> dict[str, Any]:
    return {
        "events": table_rows(engine, "event", "stream", "seq", "t", "tq", "labels"),
        "quarantine": table_rows(engine, "quarantine", "stream", "seq", "reason"),
        "streams": table_rows(engine, "stream", "id", "upto", "highest"),
        "gaps": table_rows(engine, "stream_gap", "first", "last"),
        **rollups_of(engine),
    }


@pytest.mark.parametrize("label", LABELS)
def test_a_hub_that_dies_there_has_every_event_once_after_it_came_back(
    either_engine: Engine, label: str
) -> None:
    box, events = day_of_a_box()
    confirmed, acked = run_until_it_dies(either_engine, box, events, label)
    committed = LABELS.index(label) >= LABELS.index("writer.committed")
    assert confirmed == BATCH * (2 if label == "writer.before-ack" else 1)
    assert len(table_rows(either_engine, "event")) == (5 if committed else 3)
    assert table_rows(either_engine, "stream")[0]["upto"] == (6 if committed else 3)
    assert acked == 3, "nobody is told what is not committed"
    assert verify(either_engine, "all").examples == []

    take(either_engine, *((box, event) for event in events[confirmed:]))  # the broker delivers again
    take(either_engine, (box, events[3:]))  # and so does the device, from acked + 1
    assert table_rows(either_engine, "stream")[0]["upto"] == 11
    assert verify(either_engine, "all").examples == []
    seen = outcome(either_engine)
    assert [row["seq"] for row in seen["events"]] == [1, 2, 3, 4, 5, 9, 10, 11]
    assert seen["quarantine"] == [{"stream": box.stream, "seq": 6, "reason": "bad-type"}]
    assert [row["labels"] for row in seen["events"]][:3] == [0, 2, 0]
    assert seen["events"][0]["t"] == NOON - HOUR + 5
    assert sum(row["events"] for row in seen["rollup_day"]) == 8
