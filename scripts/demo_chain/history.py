"""Past days of the demo's chain, as events that go through the hub's own ingest."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from tillsight_models.events import (
    ButtonPressed,
    ContactEnded,
    Payload,
    ReasonGiven,
    Stamp,
    encode_event,
    new_event,
)

from .chain import CLOSES, OPENS, Place, stores
from .customers import customer
from .trade import audits, hourly

HOUR_WEIGHTS = (
    *(0.1, 0.1, 0.1, 0.1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.2),
    *(1.5, 1.3, 1.0, 0.9, 1.0, 1.4, 1.7, 1.4, 0.8, 0.4, 0.2, 0.1),
)
"""How busy each local hour is; the lunch and the way home."""
WEEKDAY_WEIGHTS = (0.9, 0.85, 0.9, 1.0, 1.2, 1.45, 0.7)
TROUBLED = "service-1"
HIRED_DAYS_AGO, BAD_DAYS_AGO, COVERED_DAYS_AGO = 10, 2, 5
BAD_HOURS, COVERED = range(15, 18), range(11, 13)
"""Local hours of the bad afternoon, and those in which something stood before the camera."""


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
    happened = _in_order(list(_happenings(place, start, until, dice)))
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


def _in_order(told: list[tuple[datetime, Payload]]) -> list[tuple[datetime, Payload]]:
    """By time; a reason then names the press that it is about by its number, which it followed as told."""
    order = sorted(range(len(told)), key=lambda index: told[index][0])
    number = {index: seq for seq, index in enumerate(order, 1)}
    press = 0
    for index, (at, payload) in enumerate(told):
        if isinstance(payload, ButtonPressed):
            press = index
        elif isinstance(payload, ReasonGiven):
            told[index] = at, replace(payload, press=number[press])
    return [told[index] for index in order]


def _happenings(
    place: Place, start: datetime, until: datetime, dice: random.Random
) -> Iterator[tuple[datetime, Payload]]:
    zone = next(ZoneInfo(store.tz) for store in stores(until) if store.id == place.store)
    yield from ((at, payload) for at, payload in audits(place, start, dice) if at < until)
    hour = start
    while hour + timedelta(hours=1) <= until:
        local = hour.astimezone(zone)
        if OPENS <= local.hour < CLOSES:
            days = (until - hour).days
            busy = HOUR_WEIGHTS[local.hour] * WEEKDAY_WEIGHTS[local.weekday()]
            covered = place.contact_source == "camera" and days == COVERED_DAYS_AGO and local.hour in COVERED
            people = 0 if covered else _around(place.contacts_per_hour * busy, dice)
            for _ in range(people):
                at = hour + timedelta(seconds=dice.uniform(0, 3590))
                yield from customer(place, at, dice, _trouble(place, days, local.hour))
            yield from hourly(place, hour, people, dice, covered=covered)
        hour += timedelta(hours=1)


def _trouble(place: Place, days_ago: int, hour: int) -> float:
    """The queue at the service desk was long until somebody was hired, and one afternoon nobody came."""
    if place.id != TROUBLED:
        return 1.0
    if days_ago == BAD_DAYS_AGO and hour in BAD_HOURS:
        return 6.0
    return 1.7 if days_ago > HIRED_DAYS_AGO else 1.0


def _around(mean: float, dice: random.Random) -> int:
    """A whole number near the mean, spread like a count of independent arrivals."""
    return max(0, round(dice.gauss(mean, mean**0.5)))


def _ms(at: datetime) -> int:
    return round(at.astimezone(UTC).timestamp() * 1000)
