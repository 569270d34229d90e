"""The writer without MQTT, against the raw speed of the database with the same rows."""

import queue
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import make_url, select

from tillsight_hub import tables
from tillsight_hub.database import migrate, open_database
from tillsight_hub.ingest.messages import Incoming, Receipt
from tillsight_hub.ingest.writer import IngestWriter

from .chain import START_MS, apply_chain, encoded_events, topic

DEVICES = 8
RAW_BATCH = 5000


def bench_rows(
    name: str, fresh: Callable[[], Any], events: int, rounds: int, say: Callable[[str], None]
) -> dict[str, float]:
    """Rows per second of the writer and of the raw driver; and their ratio."""
    ours, raw = [], []
    for turn in range(rounds):
        say(f"rows: round {turn + 1} of {rounds}, {name}")
        with fresh() as url:
            ours.append(_through_writer(url, events))
            rows = _stored(url)
        with fresh() as url:
            raw.append(_raw(url, rows))
    limit = "executemany" if name == "sqlite" else "COPY"
    return {
        f"rows: {name} writer with rollups, rows/s": median(ours),
        f"rows: {name} raw {limit}, rows/s": median(raw),
        f"rows: {name} writer / raw {limit}": median(ours) / median(raw),
    }


def _through_writer(url: str, events: int) -> float:
    engine = open_database(url)
    migrate(engine)
    apply_chain(engine, DEVICES)
    streams = [encoded_events(n, events // DEVICES) for n in range(DEVICES)]
    payloads = [(topic(n), event) for row in zip(*streams, strict=True) for n, event in enumerate(row)]
    done: queue.SimpleQueue[Receipt] = queue.SimpleQueue()
    writer = IngestWriter(engine)
    for where, payload in payloads:
        writer.submit(Incoming(where, payload, START_MS, done.put))
    began = time.perf_counter()
    writer.start()
    for _ in payloads:
        done.get(timeout=120)
    seconds = time.perf_counter() - began
    writer.stop()
    engine.dispose()
    return len(payloads) / seconds


def _stored(url: str) -> list[tuple[Any, ...]]:
    engine = open_database(url)
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(select(tables.event))]
    engine.dispose()
    return rows


def _raw(url: str, rows: list[tuple[Any, ...]]) -> float:
    """The same rows into the same table with the same indexes, by the driver alone."""
    engine = open_database(url)
    migrate(engine)
    engine.dispose()
    batches = [rows[at : at + RAW_BATCH] for at in range(0, len(rows), RAW_BATCH)]
    insert = _executemany if url.startswith("sqlite") else _copy
    began = time.perf_counter()
    insert(url, batches)
    return len(rows) / (time.perf_counter() - began)


def _executemany(url: str, batches: list[list[tuple[Any, ...]]]) -> None:
    path = make_url(url).database
    assert path
    connection = sqlite3.connect(Path(path), isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    places = ", ".join("?" * len(tables.event.columns))
    for batch in batches:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(f"INSERT INTO event VALUES ({places})", batch)
        connection.execute("COMMIT")
    connection.close()


def _copy(url: str, batches: list[list[tuple[Any, ...]]]) -> None:
    parts = make_url(url)
    with psycopg.connect(
        dbname=parts.database,
        user=parts.username,
        host=str(parts.query["host"]),
        port=str(parts.query["port"]),
    ) as connection:
        for batch in batches:
            with connection.cursor().copy("COPY event FROM STDIN") as copy:
                for row in batch:
                    copy.write_row(row)
            connection.commit()
