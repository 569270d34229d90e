"""Histories of touchpoints as the stored events tell them."""

import numpy as np
import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import HOUR, MINUTE, NOON, Box, take

from tillsight_hub.calendar import Span
from tillsight_hub.cleaning.history import HOLDS_MS, History, Told, blind_spans, read_history
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_models.events import CameraReported, ContactEnded

M = MINUTE


def test_presses_and_contacts_come_in_order_of_time_and_of_the_own_source(either_engine: Engine) -> None:
    box = Box()
    foreign = ContactEnded(source="camera", dwell_s=5)
    events = [
        box.press(4, t=NOON + 2 * M),
        box.press(1, t=NOON + M, repeat=True),
        box.press(5, t=NOON + 3 * M, scale="smiley-5"),
        box.press(2, t=1000, tq="unsynced"),
        box.contact(t=NOON + 5 * M, dwell_s=60, people=3),
        box.contact(t=NOON + 4 * M, dwell_s=30),
        box.event(foreign, t=NOON),
    ]
    take(either_engine, (box, events))
    found = _read(either_engine, "till-1", NOON, NOON + HOUR)
    assert list(found.press_t) == [NOON + M, NOON + 2 * M, NOON + 3 * M]
    assert list(found.rating) == [1, 4, 0]
    assert list(found.labels) == [1, 0, 0]
    assert list(found.contact_end) == [NOON + 4 * M, NOON + 5 * M]
    assert list(found.contact_start) == [NOON + 4 * M - 30_000, NOON + 4 * M]
    assert list(found.people) == [1, 3]
    assert found.blind == ()


def test_a_history_is_half_open(engine: Engine) -> None:
    box = Box()
    take(engine, (box, [box.press(4, t=NOON), box.press(4, t=NOON + M), box.contact(t=NOON + M)]))
    found = _read(engine, "till-1", NOON, NOON + M)
    assert (len(found.press_t), len(found.contact_end)) == (1, 0)
    assert len(_read(engine, "till-1", NOON, NOON).press_t) == 0


def test_receipts_are_contacts_where_they_count_them(engine: Engine) -> None:
    box = Box("box-3", "stall", site="pune")
    take(engine, (box, [box.sales(3, t=NOON + M), box.sales(0, t=NOON + 2 * M)]))
    found = _read(engine, "stall", NOON, NOON + HOUR)
    assert (found.contact_end[0], found.people[0]) == (NOON + M, 3)


def test_the_camera_was_blind_from_a_report_until_the_next_one(either_engine: Engine) -> None:
    box = Box("box-4", "desk")
    reports = [
        box.event(CameraReported(camera="a", state="dark", period_s=60, working_s=60), t=NOON),
        box.event(
            CameraReported(camera="b", state="down", period_s=60, working_s=0, contacts=False),
            t=NOON + 30 * M,
        ),
        box.event(CameraReported(camera="a", state="ok", period_s=0, working_s=0), t=NOON + 40 * M),
    ]
    take(either_engine, (box, reports))
    assert _read(either_engine, "desk", NOON - HOUR, NOON + HOUR).blind == ((NOON, NOON + 40 * M),)
    assert _read(either_engine, "desk", NOON + 10 * M, NOON + 20 * M).blind == (
        (NOON + 10 * M, NOON + 20 * M),
    )
    assert _read(either_engine, "desk", NOON + 50 * M, NOON + HOUR).blind == ()


@pytest.mark.parametrize(
    "reports, blind",
    [
        pytest.param([(0, "ok", 60, 60), (60, "ok", 60, 60)], [], id="a camera that works"),
        pytest.param([(10, "down", 0, 0), (30, "ok", 0, 0)], [(10, 30)], id="from bad to good"),
        pytest.param([(10, "down", 0, 0)], [(10, None)], id="for a day where nothing else is told"),
        pytest.param([(30, "ok", 20, 0)], [(10, 30)], id="a period in which nothing worked"),
        pytest.param(
            [(0, "ok", 0, 0), (30, "down", 30, 10), (40, "ok", 10, 0)], [(10, 40)], id="lost at the end"
        ),
        pytest.param([(0, "down", 0, 0), (30, "ok", 30, 10)], [(0, 20)], id="back in the middle"),
        pytest.param([(0, "down", 0, 0), (30, "ok", 30, 30)], [], id="it says that it worked all the time"),
        pytest.param([(0, "ok", 0, 0), (30, "ok", 30, 20)], [], id="some gap somewhere"),
        pytest.param([(0, "down", 0, 0), (50, "dark", 20, 0), (60, "ok", 10, 0)], [(0, 60)], id="all joined"),
    ],
)
def test_reports_of_a_camera(
    reports: list[tuple[int, str, int, int]], blind: list[tuple[int, int | None]]
) -> None:
    """Times and periods in minutes."""
    expected = [(start * M, start * M + HOLDS_MS if end is None else end * M) for start, end in blind]
    assert blind_spans([_told("a", reports)]) == expected


def test_while_one_of_two_cameras_sees_the_counter_is_not_blind() -> None:
    one = _told("a", [(0, "down", 0, 0), (60, "ok", 0, 0)])
    other = _told("b", [(20, "covered", 0, 0), (30, "ok", 0, 0), (50, "moved", 0, 0), (90, "ok", 0, 0)])
    assert blind_spans([one, other]) == _minutes((20, 30), (50, 60))
    assert blind_spans([one, _told("b", [(0, "ok", 0, 0)])]) == []
    assert blind_spans([]) == []


def _told(camera: str, reports: list[tuple[int, str, int, int]]) -> list[Told]:
    return [
        (t * M, CameraReported(camera=camera, state=state, period_s=period * 60, working_s=working * 60))
        for t, state, period, working in reports
    ]


def _minutes(*spans: Span) -> list[Span]:
    return [(start * M, end * M) for start, end in spans]


def _read(engine: Engine, tp: str, start: int, end: int) -> History:
    with engine.connect() as connection:
        found = read_history(connection, read_hierarchy(connection).touchpoints[tp], start, end)
    assert np.all(np.diff(found.press_t) >= 0)
    return found
