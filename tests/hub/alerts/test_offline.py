"""Alerts of histories in memory: the same ones as the live hub raises, day after day."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from tests.harness.quiet_weeks import MONDAY, ROME, quiet_stream, slots_of

from tillsight_hub.alerts.listing import COLUMNS, csv_of, raised_row
from tillsight_hub.alerts.offline import Raised, alerts_of
from tillsight_hub.alerts.settings import AlertSettings
from tillsight_hub.alerts.streams import SETTLE_MS, Stream
from tillsight_hub.cleaning.history import History, Times
from tillsight_hub.hierarchy import Touchpoint
from tillsight_hub.labels import Label
from tillsight_models.scales import scale

HOUR = 3_600_000
PLACE = Touchpoint(
    "till", "Till", "rome", "Rome", "north", "North", "acme", scale("smiley-4"), "camera", ROME
)
TODAY = int(slots_of(MONDAY + timedelta(days=9), 1).start[0])


@dataclass(frozen=True)
class Sample:
    history: History
    press_arrived: Times
    contact_arrived: Times


def sample(stream: Stream, *, late_from: int = 2**62, labels: int = 0) -> Sample:
    """What a hub has of a stream; from `late_from` on everything came an hour late, and has these labels."""
    slots = slots_of(MONDAY, 10)
    is_late = stream.vote_t >= late_from
    history = History(
        place=PLACE,
        start=int(slots.start[0]),
        end=int(slots.end[-1]),
        press_t=stream.vote_t,
        rating=np.where(stream.negative, 1, 4).astype(np.int8),
        labels=np.where(is_late, labels, 0).astype(np.int32),
        contact_start=stream.contact_t - 30_000,
        contact_end=stream.contact_t,
        people=stream.people.astype(np.int32),
    )
    lateness = 0 if labels else HOUR
    return Sample(history, stream.vote_t + 200 + is_late * lateness, stream.contact_t + 200)


def ten_days() -> Stream:
    """On the last one something is wrong from noon to two."""
    return quiet_stream(slots_of(MONDAY, 10), 1, wrong=[(TODAY + 3 * HOUR, TODAY + 5 * HOUR)])


def test_what_goes_wrong_is_found_when_the_hub_would_have_known() -> None:
    (raised,) = alerts_of({"till": sample(ten_days())}, AlertSettings())
    assert TODAY + 3 * HOUR < raised.alarm.t < TODAY + 4 * HOUR
    assert raised.noticed == raised.alarm.t + SETTLE_MS
    assert raised.cleared is not None
    assert abs(raised.alarm.months - 2.0) < 0.05
    assert alerts_of({"till": sample(ten_days())}, AlertSettings()) == [raised]


def test_late_or_labelled_answers_never_alarm() -> None:
    late = sample(ten_days(), late_from=TODAY)
    labelled = sample(ten_days(), late_from=TODAY, labels=int(Label.SET_ASIDE | Label.MASHING))
    for each in (late, labelled):
        assert not alerts_of({"till": each}, AlertSettings())


def test_nothing_is_raised_where_alerts_are_off_or_nothing_happened() -> None:
    assert not alerts_of({"till": sample(ten_days())}, AlertSettings(enabled=False))
    assert not alerts_of({}, AlertSettings())


def test_a_file_of_alerts_has_a_row_for_each() -> None:
    found: list[Raised] = alerts_of({"till": sample(ten_days())}, AlertSettings())
    head, row = "".join(csv_of(map(raised_row, found))).splitlines()
    assert head == ",".join(COLUMNS)
    assert row.startswith("till,2026-03-11T1")
    assert len(row.split(",")) == len(COLUMNS)
