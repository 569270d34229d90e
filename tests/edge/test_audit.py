"""An audit from the first tap to the verdict, without a page."""

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.harness.counters import tell_status
from tests.harness.edge_configs import device_config

from tillsight_edge.audit import (
    GONE_MS,
    LAST_TAPS,
    AuditSession,
    Counter,
    CounterWatch,
    counter_of,
    judge,
)
from tillsight_edge.errors import CounterSilent
from tillsight_edge.fakes import FakeClock
from tillsight_models.errors import BadConfig
from tillsight_models.events import CounterAudited

ZONE = [[0.2, 0.2], [0.8, 0.8]]
TILL = Counter("camera", "till")


def counting(clock: FakeClock, minutes: float = 10) -> AuditSession:
    session = AuditSession(clock, minutes)
    session.begin()
    return session


def test_taps_of_a_whole_audit_are_compared_with_what_the_agent_told(tmp_path: Path) -> None:
    clock, config = FakeClock(), device_config(tmp_path)
    watch = CounterWatch(config, TILL)
    session = counting(clock)
    start = clock.mono_ms()
    for number in range(6):
        clock.advance(60)
        session.tap(f"tap-{number}", 0, pressed=number % 3 == 0)
    told = [start + second * 1000 for second in (59, 121, 178, 240, 420)]
    tell_status(config, clock.mono_ms(), told[:2])
    watch.look()
    clock.advance(240)
    session.view()
    assert session.wait(0) == "comparing"
    clock.advance(60)
    tell_status(config, clock.mono_ms(), told)
    watch.look()
    assert watch.known_ms >= session.needs_ms(TILL, 10)
    verdict = judge(session, watch, TILL, 10)
    assert verdict.event == CounterAudited(
        period_s=600.0,
        counted=5,
        observed=6,
        matched=4,
        pressers_observed=2,
        pressers_matched=2,
        source="camera",
        camera="till",
    )
    assert verdict.complete
    assert verdict.notes == ()
    assert verdict.as_text().splitlines() == [
        "camera till, 10 min 0 s: 6 seen, 5 counted, 4 both",
        "precision 80 % (38 to 96): of the counted, those who were really served",
        "recall 67 % (30 to 90): of the served, those who were counted",
        "recall of those who pressed 100 % (34 to 100)",
    ]


def test_a_tap_is_dated_when_it_was_tapped_and_counted_once() -> None:
    clock = FakeClock()
    session = counting(clock)
    clock.advance(30)
    session.tap("a", 4_000, pressed=False)
    session.tap("a", 9_000, pressed=True)
    assert [(tap.mono_ms, tap.pressed) for tap in session.taps] == [(clock.mono_ms() - 4_000, False)]


def test_a_tap_is_never_older_than_the_audit() -> None:
    clock = FakeClock()
    session = counting(clock)
    clock.advance(1)
    session.tap("a", 5_000, pressed=False)
    assert [tap.mono_ms for tap in session.taps] == [session.period_ms[0]]


def test_taps_are_corrected_and_taken_back_by_their_id() -> None:
    session = counting(FakeClock())
    session.tap("a", 0, pressed=False)
    session.tap("b", 0, pressed=False)
    session.correct("a", pressed=True)
    session.take_back("b")
    session.take_back("unknown")
    session.correct("unknown", pressed=True)
    assert [tap.pressed for tap in session.taps] == [True]


def test_a_tap_that_arrives_after_the_end_counts_when_it_was_made_before() -> None:
    clock = FakeClock()
    session = counting(clock, minutes=1)
    clock.advance(61)
    assert session.wait(0) == "comparing"
    session.tap("late", 3_000, pressed=False)
    session.tap("too late", 0, pressed=False)
    assert len(session.taps) == 1


def test_nothing_counts_before_it_begins_and_after_the_result() -> None:
    session = AuditSession(FakeClock(), 1)
    session.tap("a", 0, pressed=False)
    session.end()
    assert session.view()["state"] == "ready"
    session.begin()
    session.end()
    session.finish({})
    session.tap("b", 0, pressed=False)
    session.begin()
    assert (session.taps, session.view()["state"]) == ([], "done")


def test_an_audit_that_is_ended_early_keeps_its_taps_and_says_so(tmp_path: Path) -> None:
    clock, config = FakeClock(), device_config(tmp_path)
    session = counting(clock)
    clock.advance(100)
    session.tap("a", 0, pressed=False)
    clock.advance(23)
    session.view()
    session.end()
    tell_status(config, clock.mono_ms() + 60_000, [])
    watch = CounterWatch(config, TILL)
    watch.look()
    verdict = judge(session, watch, TILL, 10)
    assert (verdict.period_s, verdict.comparison.observed, verdict.complete) == (123.0, 1, False)
    assert verdict.notes == (
        "The audit ended before its time: this is what was tapped until then.",
        "Fewer than 5 contacts: the intervals are wide, audit for longer.",
    )
    assert "precision unknown" in verdict.as_text()


def test_a_phone_that_went_away_ends_the_audit_when_it_was_last_heard() -> None:
    clock = FakeClock()
    session = counting(clock)
    clock.advance(200)
    session.tap("a", 0, pressed=False)
    clock.advance(400)
    assert session.wait(0) == "comparing"
    start, end = session.period_ms
    assert (end - start, session.complete) == (200_000, False)


def test_a_phone_that_had_no_network_at_the_end_was_there_all_the_same() -> None:
    clock = FakeClock()
    session = counting(clock)
    clock.advance(605)
    assert session.wait(0) == "comparing"
    assert not session.complete
    session.tap("waited", 100_000, pressed=False)
    assert session.complete
    assert len(session.taps) == 1


def test_a_phone_that_slept_for_a_while_ends_nothing() -> None:
    clock = FakeClock()
    session = counting(clock)
    clock.advance((GONE_MS + 60_000) / 1000)
    session.tap("a", 50_000, pressed=False)
    clock.advance_to(session.period_ms[0] + 599_000)
    session.view()
    clock.advance(1)
    session.wait(0)
    assert session.complete
    assert len(session.taps) == 1


def test_the_page_shows_the_last_taps_and_nothing_of_the_counter() -> None:
    clock = FakeClock()
    session = counting(clock)
    for number in range(LAST_TAPS + 2):
        clock.advance(10)
        session.tap(f"{number}", 0, pressed=False)
    view = session.view()
    assert [tap["id"] for tap in view["last"]] == ["6", "5", "4", "3", "2"]
    assert [tap["ago_ms"] for tap in view["last"]][:2] == [0, 10_000]
    assert view["observed"] == LAST_TAPS + 2
    assert view.keys() == {"state", "left_ms", "observed", "pressers", "last", "result"}


def test_the_result_is_served_until_the_page_has_it_unless_the_page_is_gone() -> None:
    clock = FakeClock()
    session = counting(clock)
    session.end()
    session.finish({})
    looking = threading.Timer(0.1, session.view)
    looking.start()
    assert session.wait_until_shown(20)
    looking.join()
    gone = counting(clock)
    gone.end()
    gone.finish({})
    clock.advance(10)
    assert not gone.wait_until_shown(1_000)


def test_contacts_of_other_counters_are_left_out(tmp_path: Path) -> None:
    config = device_config(tmp_path)
    rows = [
        {"number": 1, "left_ms": 10, "source": "camera", "camera": "door"},
        {"number": 2, "left_ms": 20, "source": "presence", "camera": None},
        {"number": 3, "left_ms": 30, "source": "camera", "camera": "till"},
    ]
    tell_status(config, 100, [], contacts=rows)
    for counter, left in ((TILL, [30]), (Counter("presence"), [20])):
        watch = CounterWatch(config, counter)
        watch.look()
        assert watch.left_ms == left


def test_contacts_that_the_agent_has_forgotten_by_the_end_are_kept(tmp_path: Path) -> None:
    config = device_config(tmp_path)
    watch = CounterWatch(config, TILL)
    tell_status(config, 1_000, [500])
    watch.look()
    later = [{"number": 2, "left_ms": 3_000_000, "source": "camera", "camera": "till"}]
    tell_status(config, 3_100_000, [], contacts=later)
    watch.look()
    assert watch.left_ms == [500, 3_000_000]


def test_a_restart_a_silence_and_a_dark_camera_are_told(tmp_path: Path) -> None:
    clock, config = FakeClock(), device_config(tmp_path)
    watch, session = CounterWatch(config, TILL), counting(clock, minutes=1)
    tell_status(config, 1_000, [500])
    watch.look()
    tell_status(config, 2_000, [1_500], pid=1, health={"camera": "dark"})
    watch.look()
    assert watch.left_ms == [500, 1_500]
    clock.advance(60)
    session.view()
    session.wait(0)
    notes = judge(session, watch, TILL, 10).notes
    assert notes[:3] == (
        "The agent said nothing any more: its last contacts may be missing.",
        "The agent was started anew during the audit: some of its contacts may be missing.",
        "A camera was not well during the audit: dark.",
    )


def test_a_patient_counter_is_waited_for_longer(tmp_path: Path) -> None:
    camera = {"source": "0", "zone": ZONE, "leave_gap_s": 30.0}
    patient = counter_of(device_config(tmp_path, cameras={"till": camera}), None)
    session = counting(FakeClock())
    assert session.needs_ms(patient, 10) - session.needs_ms(TILL, 10) == 29_000


def test_an_agent_that_does_not_run_counts_nothing(tmp_path: Path) -> None:
    with pytest.raises(CounterSilent, match="the agent of till-1-box is stopped: nothing is counted"):
        CounterWatch(device_config(tmp_path), TILL).check_running()


def test_the_counter_is_the_one_there_is_or_the_one_that_was_named(tmp_path: Path) -> None:
    door = {"source": "1", "entrance": "north", "entrance_line": [[0, 0.5], [1, 0.5]]}
    cameras: dict[str, Any] = {"till": {"source": "0", "zone": ZONE}, "door": door}
    config = device_config(tmp_path, cameras=cameras, presence={"pins": [17]})
    assert counter_of(config, None) == counter_of(config, "till") == TILL
    assert counter_of(device_config(tmp_path, presence={"pins": [17]}), None) == Counter("presence")
    with pytest.raises(BadConfig, match="--camera: 'door': should be a camera with a zone: till"):
        counter_of(config, "door")
    two = device_config(tmp_path, cameras={**cameras, "desk": {"source": "2", "zone": ZONE}})
    with pytest.raises(BadConfig, match="--camera: should say which: till, desk"):
        counter_of(two, None)
    with pytest.raises(BadConfig, match="neither a camera with a zone nor a presence sensor"):
        counter_of(device_config(tmp_path), None)
