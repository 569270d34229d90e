"""Weeks at touchpoints where nothing is wrong, or something is, as streams that the charts judge."""

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec
import numpy as np
from sqlalchemy import Engine, insert

from tillsight_hub import tables
from tillsight_hub.alerts.baseline import Baseline, Traffic, learn
from tillsight_hub.alerts.streams import Slots, Stream, slots_between
from tillsight_hub.calendar import OpeningHours, PlaceCalendar
from tillsight_hub.database import writing
from tillsight_models.events import ButtonPressed, ContactEnded

from .ingesting import DAYTIME

MONDAY = date(2026, 3, 2)
ROME = PlaceCalendar("Europe/Rome", OpeningHours.parse(DAYTIME))


def slots_of(first: date, days: int) -> Slots:
    """Opening hours from 9 to 21."""
    return slots_between(ROME, first, first + timedelta(days=days - 1))


def quiet_stream(
    slots: Slots,
    seed: int,
    *,
    contacts_per_hour: float = 80.0,
    negative: float = 0.02,
    positive: float = 0.08,
    wrong: Sequence[tuple[int, int]] = (),
) -> Stream:
    """Independent customers; during `wrong` (ms UTC) eight times as many give a negative answer."""
    dice = np.random.default_rng(seed)
    slot = np.repeat(np.arange(len(slots.start)), dice.poisson(contacts_per_hour * slots.hours))
    t = slots.start[slot] + (dice.random(len(slot)) * (slots.end - slots.start)[slot]).astype(np.int64)
    order = np.argsort(t, kind="stable")
    t, slot = t[order], slot[order]
    is_wrong = np.zeros(len(t), np.bool_)
    for start, end in wrong:
        is_wrong |= (t >= start) & (t < end)
    bad = np.where(is_wrong, 8 * negative, negative)
    chance = dice.random(len(t))
    votes = chance < bad + positive
    return Stream(
        vote_t=t[votes],
        negative=(chance < bad)[votes],
        vote_cell=slots.cell[slot[votes]],
        vote_day=slots.day[slot[votes]],
        blind=np.zeros(int(votes.sum()), np.bool_),
        contact_t=t,
        people=np.ones(len(t), np.int64),
        contact_cell=slots.cell[slot],
        contact_day=slots.day[slot],
    )


def learnt_from(stream: Stream, slots: Slots, *, counts_contacts: bool = True) -> Baseline:
    """The baseline after these days, of a chain of one touchpoint."""
    traffic = Traffic()
    for day in sorted(set(slots.day.tolist())):
        on = slots.day == day
        of_day = Slots(slots.start[on], slots.end[on], slots.day[on], slots.cell[on])
        traffic = traffic.plus(stream.of_day(day), of_day, counts_contacts=counts_contacts)
    return learn({"till": traffic}, () if counts_contacts else ("till",))["till"]


def store_stream(engine: Engine, tp: str, stream: Stream, *, late_ms: int = 250, seq: int = 1) -> None:
    """Put a stream into the table of events as a device with a presence sensor would have sent it."""
    rating = np.where(stream.negative, 1, 4)
    press = {
        n: msgspec.json.encode(ButtonPressed(button=n, rating=n, scale="smiley-4")).decode() for n in (1, 4)
    }
    contact = msgspec.json.encode(ContactEnded(source="presence", dwell_s=20)).decode()
    votes = zip(stream.vote_t.tolist(), rating.tolist(), strict=True)
    happened = [("button.press", t, n, press[n]) for t, n in votes]
    happened += [("contact.end", t, None, contact) for t in stream.contact_t.tolist()]
    rows = [
        {
            "stream": f"{tp:a<16}",
            "seq": seq + number,
            "type": type,
            "dev": f"box-{tp}",
            "tp": tp,
            "t": t,
            "tq": "ntp",
            "boot": "boot",
            "mono": 0,
            "device_t": t,
            "device_tq": "ntp",
            "received": t + late_ms,
            "rating": rating_of,
            "labels": 0,
            "data": data,
        }
        for number, (type, t, rating_of, data) in enumerate(happened)
    ]
    with writing(engine) as connection:
        connection.execute(insert(tables.event), rows)
