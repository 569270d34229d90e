"""The jobs of the night."""

import threading
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.processes import wait_until

from tillsight_hub.nightly import Job, Nightly, passes

AT = time(3, 30)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("2026-06-01 03:29:40", "2026-06-01 03:30:10", True),
        ("2026-06-01 03:29:10", "2026-06-01 03:29:40", False),
        ("2026-06-01 03:30:00", "2026-06-01 03:30:30", False),
        ("2026-06-01 23:59:50", "2026-06-02 00:00:20", False),
        ("2026-03-29 01:59:50", "2026-03-29 03:00:20", False),
        ("2026-06-01 02:00:00", "2026-06-01 09:00:00", True),
        ("2026-06-01 12:00:00", "2026-06-01 01:00:00", False),
        ("2030-01-01 12:00:00", "2026-06-01 03:31:00", False),
    ],
)
def test_jobs_are_due_when_the_clock_passes_their_hour(before: str, now: str, expected: bool) -> None:
    assert passes(AT, _moment(before), _moment(now)) is expected


def test_an_hour_that_summer_time_skips_is_not_missed() -> None:
    assert passes(time(2, 30), _moment("2026-03-29 01:59:50"), _moment("2026-03-29 03:00:20"))


@given(st.lists(st.integers(1, 3600), min_size=1, max_size=300), st.times())
def test_a_running_clock_passes_once_a_day(steps: list[int], at: time) -> None:
    at = at.replace(tzinfo=None)
    start = now = _moment("2026-06-01")
    runs = 0
    for step in steps:
        before, now = now, now + timedelta(seconds=step)
        runs += passes(at, before, now)
    days = [datetime.combine(start.date() + timedelta(days=n), at) for n in range(20)]
    assert runs == sum(start < due <= now for due in days)


def test_a_job_that_fails_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("no disk")

    nightly = Nightly(AT, [Job("verify", fail), Job("tidy", lambda: done.append("tidy"))])
    assert nightly.run_jobs() == ["verify"]
    assert done == ["tidy"]
    assert "nightly verify failed" in caplog.text


def test_the_thread_runs_the_jobs_at_their_hour_and_stops() -> None:
    clock = iter([_moment("2026-06-01 03:29:59"), _moment("2026-06-01 03:30:01")])
    last = _moment("2026-06-01 03:30:02")
    ran = threading.Event()
    nightly = Nightly(AT, [Job("job", ran.set)], local_now=lambda: next(clock, last), check_s=0.001)
    nightly.start()
    wait_until(ran.is_set, "the job")
    nightly.stop()
