"""A chain with a year behind it: rollups as events would have made them, straight into the tables."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from tillsight_hub.database import migrate, open_database
from tillsight_hub.seed import Seed, apply_seed
from tillsight_models.configuration import read_settings

ZONE = ZoneInfo("Europe/Rome")
OPENS, CLOSES = 8, 21
HOURS = {day: [f"{OPENS:02}:00-{CLOSES}:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
PER_STORE, PER_REGION = 5, 40
CHECK = 2150
"""Mean amount of a receipt, minor units."""


def make_year(path: Path, touchpoints: int = 200, days: int = 365, seed: int = 1) -> None:
    """A database at `path` with so many touchpoints, five to a store, and so many days up to today."""
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    apply_seed(engine, read_settings(_chain(touchpoints), Seed))
    engine.dispose()
    last = datetime.now(ZONE).date()
    random = np.random.default_rng([20261122, seed])
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    for number in range(touchpoints):
        day_rows, hour_rows = _rows(number, last, days, random)
        _insert(connection, "rollup_day", "day", day_rows)
        _insert(connection, "rollup_hour", "hour", hour_rows)
    connection.execute("COMMIT")
    connection.execute("ANALYZE")
    connection.close()


def _chain(touchpoints: int) -> dict[str, object]:
    stores = -(-touchpoints // PER_STORE)
    regions = -(-touchpoints // PER_REGION)
    return {
        "org": [{"id": "acme", "name": "Acme"}],
        "region": [{"id": f"region-{n}", "name": f"Region {n + 1}", "org": "acme"} for n in range(regions)],
        "store": [
            {
                "id": f"store-{n}",
                "name": f"Store {n + 1}",
                "region": f"region-{n * PER_STORE // PER_REGION}",
                "tz": str(ZONE),
                "opening_hours": HOURS,
            }
            for n in range(stores)
        ],
        "touchpoint": [
            {
                "id": f"till-{n}",
                "name": f"Till {n % PER_STORE + 1}",
                "store": f"store-{n // PER_STORE}",
                "contact_source": "presence",
            }
            for n in range(touchpoints)
        ],
        "device": [
            {"id": f"box-{n}", "name": f"Box {n}", "touchpoint": f"till-{n}"} for n in range(touchpoints)
        ],
    }


NAMES = (
    *("events", "presses", "rating_1", "rating_2", "rating_3", "rating_4"),
    *("raw_1", "raw_2", "raw_3", "raw_4", "contacts_presence", "receipts", "sales_amount"),
    *("visitors_in", "attempts", "attempt_ms", "attempt_square"),
    *("check_reports", "check_receipts", "check_square"),
)


def _rows(
    number: int, last: date, days: int, random: np.random.Generator
) -> tuple[Iterator[tuple[object, ...]], Iterator[tuple[object, ...]]]:
    """Of one touchpoint: by day and by hour."""
    tp, hours = f"till-{number}", CLOSES - OPENS
    numbers = _counted(number, (days, hours), random)
    dates = [last - timedelta(days=days - 1 - day) for day in range(days)]
    starts = [
        int(datetime(on.year, on.month, on.day, OPENS + hour, tzinfo=ZONE).astimezone(UTC).timestamp())
        for on in dates
        for hour in range(hours)
    ]
    by_day, by_hour = numbers.sum(axis=1), numbers.reshape(days * hours, len(NAMES))
    return (
        ((tp, on.isoformat(), *row) for on, row in zip(dates, by_day.tolist(), strict=True)),
        ((tp, start, *row) for start, row in zip(starts, by_hour.tolist(), strict=True)),
    )


def _counted(number: int, shape: tuple[int, int], random: np.random.Generator) -> np.ndarray:
    """(days, hours, NAMES): a till that is worse the further down its number is in a hundred."""
    worse = 0.03 + 0.05 * (number % 100) / 100
    contacts = random.poisson(22, shape)
    responses = random.binomial(contacts, 0.28)
    shares = np.array([worse, 0.08, 0.3, 0.62 - worse])
    ratings = random.multinomial(responses, shares)
    receipts = random.binomial(contacts, 0.35)
    attempts = random.binomial(contacts, 0.6)
    length = random.integers(20_000, 90_000, shape)
    amount = receipts * CHECK + random.integers(-300, 300, shape) * receipts
    return np.dstack(
        [
            *(contacts + responses + receipts + attempts, responses),
            *(ratings[..., at] for at in range(4)),
            *(ratings[..., at] for at in range(4)),
            *(contacts, receipts, amount, contacts + random.poisson(15, shape), attempts),
            *(attempts * length, attempts * (length // 1000) ** 2),
            *(
                (receipts > 0).astype(int),
                receipts,
                np.where(receipts, amount**2 // np.maximum(1, receipts), 0) // 100,
            ),
        ]
    )


def _insert(connection: sqlite3.Connection, table: str, key: str, rows: Iterator[tuple[object, ...]]) -> None:
    names = ", ".join(("tp", key, *NAMES))
    marks = ", ".join("?" * (len(NAMES) + 2))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)
