"""The league table of all touchpoints over 30 days: from the day rollup, and by scanning the events."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Engine

from tillsight_hub.database import migrate, open_database
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.rollups import Progress, rebuild
from tillsight_hub.scores.scores import read_counts

from .chain import START_MS, apply_chain, device, touchpoint

TOUCHPOINTS = 200
DAYS = 365
LAST_DAYS = 30
DAY_MS = 86_400_000
SCAN = """
SELECT tp, rating, count(*) FROM event
WHERE type = 'button.press' AND labels = 0 AND t BETWEEN ? AND ? GROUP BY tp, rating
UNION ALL
SELECT tp, 0, sum(coalesce(json_extract(data, '$.people'), 1)) FROM event
WHERE type = 'contact.end' AND t BETWEEN ? AND ? GROUP BY tp
"""


def bench_league(path: Path, events: int, say: Callable[[str], None]) -> dict[str, float]:
    """Milliseconds for both ways, best of five, and how many times faster the rollup is."""
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    apply_chain(engine, TOUCHPOINTS)
    _fill(path, events, say)
    began = time.perf_counter()
    rebuild(engine, lambda progress: _tell(progress, say))
    rebuilt = events / (time.perf_counter() - began)
    fast, slow = _from_rollups(engine), _from_events(path)
    return {
        "league: from the day rollup, ms": fast,
        f"league: scan of {events:,} events, ms": slow,
        "league: scan / rollup": slow / fast,
        "league: rebuild-rollups, events/s": rebuilt,
    }


def _tell(progress: Progress, say: Callable[[str], None]) -> None:
    if progress.touchpoints_done % 20 == 0:
        say(f"league: {progress.events:,} events rolled up")


def _fill(path: Path, events: int, say: Callable[[str], None]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'event' AND type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute("BEGIN")
    for n in range(TOUCHPOINTS):
        rows = _rows(n, events // TOUCHPOINTS)
        connection.executemany(f"INSERT INTO event VALUES ({', '.join('?' * 16)})", rows)
        if n % 20 == 19:
            say(f"league: {(n + 1) * (events // TOUCHPOINTS):,} events made")
    connection.execute("COMMIT")
    for _, sql in indexes:
        connection.execute(sql)
    connection.execute("ANALYZE")
    connection.close()


def _rows(n: int, count: int) -> Iterator[tuple[object, ...]]:
    """A year of one touchpoint, one event in four a press."""
    random = Random(n)
    stream, dev, tp, boot = f"{n:016x}", device(n), touchpoint(n), "b" * 36
    step = DAYS * DAY_MS // count
    press = '{"button":%d,"rating":%d,"scale":"smiley-4","panel":"serial"}'
    for seq in range(1, count + 1):
        t = START_MS + seq * step
        if seq % 4:
            kind, rating, data = "contact.end", None, '{"source":"presence","dwell_s":31.0}'
        else:
            rating = random.randint(1, 4)
            kind, data = "button.press", press % (rating, rating)
        yield stream, seq, kind, dev, tp, t, "ntp", boot, seq, t, "ntp", t, rating, 0, data, None


def _last_days() -> tuple[str, str]:
    last = datetime.fromtimestamp((START_MS + DAYS * DAY_MS) / 1000, UTC).date() - timedelta(days=2)
    return (last - timedelta(days=LAST_DAYS - 1)).isoformat(), last.isoformat()


def _from_rollups(engine: Engine) -> float:
    with engine.connect() as connection:
        places = list(read_hierarchy(connection).touchpoints.values())
        return _best(lambda: read_counts(connection, places, *_last_days()))


def _from_events(path: Path) -> float:
    first, last = _last_days()
    start = int(datetime.fromisoformat(first).replace(tzinfo=UTC).timestamp() * 1000)
    end = int(datetime.fromisoformat(last).replace(tzinfo=UTC).timestamp() * 1000) + DAY_MS
    connection = sqlite3.connect(path)
    return _best(lambda: connection.execute(SCAN, (start, end, start, end)).fetchall(), times=2)


def _best(run: Callable[[], object], times: int = 5) -> float:
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        spent.append(time.perf_counter() - began)
    return min(spent) * 1000
