"""What the demo's stores tell beside their customers: receipts, visitors, sellers, audits, cameras."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from tillsight_models.events import (
    AttemptEnded,
    CameraReported,
    CounterAudited,
    Payload,
    SalesReported,
    TrafficCounted,
)

from .chain import Place

HOUR = timedelta(hours=1)
MEAN_RECEIPT = 2480
"""In cents."""
REPORT = timedelta(minutes=15)


def hourly(
    place: Place, hour: datetime, contacts: int, dice: random.Random, *, covered: bool = False
) -> Iterator[tuple[datetime, Payload]]:
    """What is told at the end of an hour in which so many were served."""
    end = hour + HOUR
    if place.sells:
        receipts = sum(dice.random() < 0.9 for _ in range(contacts))
        amount = sum(round(dice.lognormvariate(0, 0.6) * MEAN_RECEIPT) for _ in range(receipts))
        yield end, SalesReported(period_s=3600, receipts=receipts, amount=amount, currency="EUR")
        visitors = round(contacts * dice.uniform(1.6, 2.2))
        yield end, TrafficCounted(entrance="main", period_s=3600, entered=visitors, left=visitors)
    if place.has_sellers:
        for _ in range(round(contacts * dice.uniform(0.4, 0.7))):
            at = hour + timedelta(seconds=dice.uniform(60, 3600))
            yield at, AttemptEnded(duration_s=round(min(900.0, dice.lognormvariate(4.4, 0.6)), 1))
    if place.contact_source == "camera":
        for quarter in range(4):
            yield (
                hour + (quarter + 1) * REPORT,
                CameraReported(
                    camera="till",
                    state="covered" if covered else "ok",
                    period_s=REPORT.total_seconds(),
                    working_s=0 if covered else REPORT.total_seconds(),
                ),
            )


def audits(place: Place, start: datetime, dice: random.Random) -> Iterator[tuple[datetime, Payload]]:
    """Somebody stood beside the counter twice, for half an hour, and counted too."""
    for day in (1, 2):
        observed = dice.randint(28, 44)
        matched = sum(dice.random() < 0.95 for _ in range(observed))
        pressers = round(observed * place.response_rate)
        yield (
            start + timedelta(days=day, hours=7),
            CounterAudited(
                period_s=1800,
                counted=matched + (dice.random() < 0.5),
                observed=observed,
                matched=matched,
                pressers_observed=pressers,
                pressers_matched=pressers,
                source=place.contact_source,
                camera="till" if place.contact_source == "camera" else None,
            ),
        )
