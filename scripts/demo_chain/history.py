"""Past days of the demo's chain, as events that go through the hub's own ingest."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from tillsight_models.events import ButtonPressed, ContactEnded, Payload, Stamp, encode_event, new_event

from .chain import CLOSES, OPENS, Place, stores

HOUR_WEIGHTS = (
    *(0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.2),
    *(1.5, 1.3, 1.0, 0.9, 1.0, 1.4, 1.7, 1.4, 0.8, 0.4, 0.2, 0.1),
)
"""How busy each local hour is; the lunch and the way home."""
WEEKDAY_WEIGHTS = (0.9, 0.85, 0.9, 1.0, 1.2, 1.45, 0.7)
REPEAT_SHARE = 0.04
"""Presses that are followed by another one at once, as children do."""


@dataclass(frozen=True)
class Past:
    """What one touchpoint's device would have sent."""

    stream: str
    events: list[bytes]
    presses: int
    contacts: int


def past(place: Place, days: int, until: datetime, seed: int) -> Past:
    """The events of the `days` before `until`, in order, in a stream of their own."""
    dice = random.Random(f"{seed}/{place.id}")
    start = (until - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)
    happened = sorted(_happenings(place, start, until, dice), key=lambda one: one[0])
    stream = secrets.token_hex(8)  # of this run: another run at another time has other events
    events = [
        encode_event(
            new_event(
                dev=place.device,
                tp=place.id,
                stream=stream,
                seq=seq,
                at=Stamp(t=_ms(at), tq="ntp", boot=f"before-{seed}", mono=_ms(at) - _ms(start)),
                payload=payload,
            )
        )
        for seq, (at, payload) in enumerate(happened, 1)
    ]
    kinds = [type(payload) for _, payload in happened]
    return Past(stream, events, kinds.count(ButtonPressed), kinds.count(ContactEnded))


def messages(events: list[bytes], most: int = 200, most_bytes: int = 60_000) -> Iterator[bytes]:
    """The events as the bodies of requests, JSON arrays that the hub accepts."""
    part: list[bytes] = []
    size = 2
    for event in events:
        if len(part) == most or size + len(event) + 1 > most_bytes:
            yield b"[" + b",".join(part) + b"]"
            part, size = [], 2
        part.append(event)
        size += len(event) + 1
    if part:
        yield b"[" + b",".join(part) + b"]"


def _happenings(
    place: Place, start: datetime, until: datetime, dice: random.Random
) -> Iterator[tuple[datetime, Payload]]:
    zone = next(ZoneInfo(store.tz) for store in stores(until) if store.id == place.store)
    hour = start
    while hour < until:
        local = hour.astimezone(zone)
        if OPENS <= local.hour < CLOSES:
            busy = HOUR_WEIGHTS[local.hour] * WEEKDAY_WEIGHTS[local.weekday()]
            for _ in range(_around(place.contacts_per_hour * busy, dice)):
                at = hour + timedelta(seconds=dice.uniform(0, 3600))
                if at < until:
                    yield from _one_customer(place, at, dice)
        hour += timedelta(hours=1)


def _one_customer(place: Place, at: datetime, dice: random.Random) -> Iterator[tuple[datetime, Payload]]:
    dwell = min(600.0, max(3.0, dice.lognormvariate(3.7, 0.6)))
    yield at, ContactEnded(source=place.contact_source, dwell_s=round(dwell, 1))
    if dice.random() >= place.response_rate:
        return
    rating = dice.choices(range(1, len(place.moods) + 1), place.moods)[0]
    panel: Literal["gpio", "serial"] = "gpio" if place.panel == "gpio" else "serial"
    yield at, ButtonPressed(button=rating, rating=rating, scale=place.scale, panel=panel)
    if dice.random() < REPEAT_SHARE:
        again = ButtonPressed(button=rating, rating=rating, scale=place.scale, panel=panel, labels=["repeat"])
        yield at + timedelta(seconds=1), again


def _around(mean: float, dice: random.Random) -> int:
    """A whole number near the mean, spread like a count of independent arrivals."""
    return max(0, round(dice.gauss(mean, mean**0.5)))


def _ms(at: datetime) -> int:
    return round(at.astimezone(UTC).timestamp() * 1000)
