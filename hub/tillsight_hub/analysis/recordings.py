"""Recordings: what a file says happened at each touchpoint, in the terms of the hub's own events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from tillsight_models.events import (
    ButtonPressed,
    CameraReported,
    ContactEnded,
    Payload,
    SalesReported,
)

from ..cleaning.history import History, blind_spans
from ..hierarchy import Touchpoint
from ..rollups import TO_THE_HOUR
from ..seed import Seed


class Happened(NamedTuple):
    """One event. In order of time, and of its key where times are equal."""

    t: int
    """ms UTC"""
    stream: str
    seq: int
    tq: str
    labels: int
    """Of a press, as the device said it: REPEAT, UNDONE."""
    arrived: int
    """ms UTC at which the hub received it."""
    payload: Payload


@dataclass(frozen=True)
class Recording:
    """All that a file or folder holds."""

    seed: Seed
    """The hierarchy."""
    happened: Mapping[str, Sequence[Happened]]
    """By touchpoint; each event once, in no order."""
    first_day: str | None = None
    """Business days to score; None: from the first event to the last."""
    last_day: str | None = None
    events: int = 0
    """Lines read."""
    duplicates: int = 0


@dataclass(frozen=True)
class Touched:
    """What happened at one touchpoint: the dated events as a history, with when its parts arrived."""

    history: History
    press_arrived: np.ndarray
    """ms UTC, of every press of the history; `contact_arrived` of every contact."""
    contact_arrived: np.ndarray
    presses: Sequence[Happened]
    """In the order of the history."""
    others: Sequence[Happened]
    """Everything else, and presses whose time is not known."""


def touched(place: Touchpoint, happened: Iterable[Happened]) -> Touched:
    """In order of time; `start` and `end` of the history are just around what is dated."""
    events = sorted(happened, key=lambda event: event[:3])
    dated = [event for event in events if event.tq in TO_THE_HOUR]
    presses = [event for event in dated if isinstance(event.payload, ButtonPressed)]
    contacts = [
        (span, event.arrived) for event in dated if (span := contact_span(event, place.contact_source))
    ]
    spans = np.array([span for span, _ in contacts], np.int64).reshape(-1, 3)
    start, end = (dated[0].t, dated[-1].t + 1) if dated else (0, 0)
    history = History(
        place=place,
        start=start,
        end=end,
        press_t=np.array([event.t for event in presses], np.int64),
        rating=np.array([_rating(event.payload, place) for event in presses], np.int8),
        labels=np.array([event.labels for event in presses], np.int32),
        contact_start=spans[:, 0],
        contact_end=spans[:, 1],
        people=spans[:, 2].astype(np.int32),
        blind=_blind(dated, place, end),
    )
    return Touched(
        history,
        np.array([event.arrived for event in presses], np.int64),
        np.array([arrived for _, arrived in contacts], np.int64),
        presses,
        [e for e in events if e.tq not in TO_THE_HOUR or not isinstance(e.payload, ButtonPressed)],
    )


def contact_span(event: Happened, source: str | None) -> tuple[int, int, int] | None:
    """Begin, end and people; None where this source counted nobody with it."""
    payload = event.payload
    if isinstance(payload, ContactEnded) and payload.source == source:
        return event.t - round(1000 * payload.dwell_s), event.t, payload.people
    if isinstance(payload, SalesReported) and source == "pos":
        return event.t - round(1000 * payload.period_s), event.t, payload.receipts
    return None


def with_labels(seen: Touched, labels: np.ndarray) -> Touched:
    """The same with these labels on its presses."""
    presses = [
        event._replace(labels=label) for event, label in zip(seen.presses, labels.tolist(), strict=True)
    ]
    return replace(seen, history=replace(seen.history, labels=labels), presses=presses)


def _rating(payload: Payload, place: Touchpoint) -> int:
    own = isinstance(payload, ButtonPressed) and payload.scale == place.scale.id
    return payload.rating if own and isinstance(payload, ButtonPressed) else 0


def _blind(dated: Iterable[Happened], place: Touchpoint, end: int) -> tuple[tuple[int, int], ...]:
    if place.contact_source != "camera":
        return ()
    told: dict[str, list[tuple[int, CameraReported]]] = {}
    for event in dated:
        if isinstance(event.payload, CameraReported) and event.payload.contacts:
            told.setdefault(event.payload.camera, []).append((event.t, event.payload))
    return tuple((start, min(stop, end)) for start, stop in blind_spans(told.values()) if start < end)
