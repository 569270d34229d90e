"""The chain of stores and the events that the benchmarks use."""

from collections.abc import Iterator

from sqlalchemy import Engine

from tillsight_hub.seed import Seed, apply_seed
from tillsight_models.configuration import read_settings
from tillsight_models.events import ButtonPressed, ContactEnded, Payload, Stamp, encode_event, new_event
from tillsight_models.topics import DeviceTopics

ORG, STORE = "bench", "store"
START_MS = 1_790_000_000_000
HOURS = {day: ["08:00-21:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}


def apply_chain(engine: Engine, touchpoints: int) -> None:
    """One store with so many touchpoints, a device at each."""
    seed = {
        "org": [{"id": ORG, "name": "Bench"}],
        "region": [{"id": "region", "name": "Region", "org": ORG}],
        "store": [
            {"id": STORE, "name": "Store", "region": "region", "tz": "Europe/Rome", "opening_hours": HOURS}
        ],
        "touchpoint": [
            {"id": touchpoint(n), "name": f"Till {n}", "store": STORE, "contact_source": "presence"}
            for n in range(touchpoints)
        ],
        "device": [
            {"id": device(n), "name": f"Device {n}", "touchpoint": touchpoint(n)} for n in range(touchpoints)
        ],
    }
    apply_seed(engine, read_settings(seed, Seed))


def device(n: int) -> str:
    return f"dev-{n}"


def touchpoint(n: int) -> str:
    return f"till-{n}"


def topic(n: int) -> str:
    return DeviceTopics(ORG, STORE, device(n)).of("ev")


def encoded_events(n: int, count: int) -> Iterator[bytes]:
    """Events of one device in order: three contacts to a press, some seconds apart."""
    for seq in range(1, count + 1):
        at = Stamp(t=START_MS + seq * 9_000, tq="ntp", boot="b" * 36, mono=seq * 9_000)
        yield encode_event(
            new_event(
                dev=device(n), tp=touchpoint(n), stream=f"{n:016x}", seq=seq, at=at, payload=_payload(seq)
            )
        )


def _payload(seq: int) -> Payload:
    if seq % 4:
        return ContactEnded(source="presence", dwell_s=20.0 + seq % 40)
    rating = 1 + seq // 4 % 4
    return ButtonPressed(button=rating, rating=rating, scale="smiley-4", panel="serial")
