"""Events of a device that did not know the time are counted when they happened."""

import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import DAY, HOUR, MINUTE, NOON, Box, counted, table_rows, take

from tillsight_hub.consistency import verify
from tillsight_hub.ingest.clocks import AHEAD_MS, EARLIEST_MS, Anchor, bound_unsynced, corrected
from tillsight_hub.tables import UNDATED_DAY, UNDATED_HOUR

EARLY_1970 = 40_000
"""What the clock of a device without a battery says 40 s after it got power."""


def times(engine: Engine) -> list[tuple[int, str]]:
    return [(row["t"], row["tq"]) for row in table_rows(engine, "event", "t", "tq")]


def hours(engine: Engine) -> dict[int, int]:
    return {row["hour"]: row["events"] for row in table_rows(engine, "rollup_hour")}


def days(engine: Engine) -> dict[str, int]:
    return {row["day"]: row["events"] for row in table_rows(engine, "rollup_day")}


def unsynced(box: Box, mono: int, rating: int = 4) -> bytes:
    return box.press(rating, t=EARLY_1970 + mono, tq="unsynced", mono=mono)


def test_an_agent_that_booted_in_1970_has_its_events_at_the_right_hour_once_it_knows_the_time(
    engine: Engine,
) -> None:
    box = Box()
    take(engine, (box, [unsynced(box, 0), unsynced(box, 2 * HOUR)]))
    assert hours(engine) == {UNDATED_HOUR: 2}
    assert days(engine) == {UNDATED_DAY: 2}
    take(engine, (box, box.anchor(3 * HOUR, NOON)))
    assert times(engine) == [(NOON - 3 * HOUR, "ntp"), (NOON - HOUR, "ntp"), (NOON, "ntp")]
    assert hours(engine) == {
        (NOON - 3 * HOUR) // 1000: 1,
        (NOON - HOUR) // 1000: 1,
        NOON // 1000: 1,
    }
    assert days(engine) == {"2026-10-06": 3}
    (row,) = table_rows(engine, "rollup_day")
    assert counted(row)["rating_4"] == 2
    assert verify(engine, "all").examples == []


def test_what_the_device_said_is_kept(engine: Engine) -> None:
    box = Box()
    take(engine, (box, [unsynced(box, 1000), box.anchor(HOUR, NOON)]))
    (press, _) = table_rows(engine, "event")
    assert (press["device_t"], press["device_tq"]) == (EARLY_1970 + 1000, "unsynced")
    assert (press["t"], press["tq"]) == (NOON - HOUR + 1000, "ntp")


def test_events_that_come_after_their_anchor_are_dated_at_once(engine: Engine) -> None:
    box = Box()
    early = unsynced(box, 1000)
    take(engine, (box, box.anchor(HOUR, NOON, quality="rtc")))
    take(engine, (box, early))
    assert times(engine)[0] == (NOON - HOUR + 1000, "rtc")


def test_the_anchor_with_the_lowest_monotonic_decides_whichever_comes_first(engine: Engine) -> None:
    box = Box()
    take(engine, (box, unsynced(box, 1000)))
    later, earlier = box.anchor(2 * HOUR, NOON), box.anchor(HOUR, NOON - HOUR - 500)
    take(engine, (box, later))
    assert times(engine)[0] == (NOON - 2 * HOUR + 1000, "ntp")
    take(engine, (box, earlier))
    assert times(engine)[0] == (NOON - 2 * HOUR - 500 + 1000, "ntp")
    take(engine, (box, box.anchor(3 * HOUR, NOON + 7 * DAY)))
    assert times(engine)[0] == (NOON - 2 * HOUR - 500 + 1000, "ntp")


def test_an_anchor_dates_its_own_boot_of_its_own_device_only(engine: Engine) -> None:
    box, other = Box(), Box("box-2", "till-2", "bbbbbbbbbbbbbbbb")
    take(engine, (box, unsynced(box, 1000)), (other, unsynced(other, 1000)))
    box.boot = "boot-2"
    take(engine, (box, [unsynced(box, 5), box.anchor(HOUR, NOON)]))
    assert [tq for _, tq in times(engine)] == ["unsynced", "ntp", "ntp", "unsynced"]


def test_events_whose_clock_was_right_are_left_alone(engine: Engine) -> None:
    box = Box()
    take(
        engine, (box, [box.press(mono=5, t=NOON), box.press(tq="rtc", mono=6), box.anchor(HOUR, NOON + DAY)])
    )
    assert [t for t, _ in times(engine)[:2]] == [NOON, NOON + 1000]


@pytest.mark.parametrize(
    ("anchor", "mono", "expected"),
    [
        (Anchor(5000, NOON, "ntp"), 2000, (NOON - 3000, "ntp")),
        (Anchor(5000, NOON, "rtc"), 9000, (NOON + 4000, "rtc")),
        (Anchor(5000, EARLIEST_MS, "ntp"), 4999, None),
        (Anchor(0, NOON + HOUR, "ntp"), AHEAD_MS, (NOON + HOUR + AHEAD_MS, "ntp")),
        (Anchor(0, NOON + HOUR, "ntp"), AHEAD_MS + 1, None),
        (None, 5, None),
    ],
)
def test_an_anchor_that_leads_far_back_or_into_the_future_dates_nothing(
    anchor: Anchor | None, mono: int, expected: tuple[int, str] | None
) -> None:
    assert corrected(anchor, mono, received=NOON + HOUR) == expected


def test_a_better_anchor_can_also_take_a_wrong_date_back(engine: Engine) -> None:
    box = Box()
    take(engine, (box, [unsynced(box, 1000), box.anchor(HOUR, NOON)]))
    take(engine, (box, box.anchor(HOUR - 1, EARLIEST_MS + 5)))
    assert times(engine)[0] == (EARLY_1970 + 1000, "unsynced")
    assert hours(engine)[UNDATED_HOUR] == 1
    assert verify(engine, "all").examples == []


# --- Boots that never learnt the time ---------------------------------------------------------------------


def lost_boot(engine: Engine, dated: int, received: int) -> Box:
    """A dated press, two presses of a boot without the time, and a later boot that has it."""
    box = Box()
    take(engine, (box, box.press(t=dated)), received=dated)
    box.boot = "boot-2"
    take(engine, (box, [unsynced(box, 7000), unsynced(box, 8000)]), received=received)
    box.boot = "boot-3"
    take(engine, (box, box.press(t=received)), received=received)
    return box


def test_a_lost_boot_counts_in_the_day_that_its_neighbours_leave_no_doubt_about(engine: Engine) -> None:
    lost_boot(engine, NOON - HOUR, NOON + HOUR)
    assert bound_unsynced(engine) == 2
    assert days(engine) == {"2026-10-06": 4}
    assert hours(engine)[UNDATED_HOUR] == 2, "its hour stays unknown"
    assert times(engine)[1:3] == [(NOON - HOUR, "bounded")] * 2
    assert verify(engine, "all").examples == []
    assert bound_unsynced(engine) == 0, "nothing is left to do"


def test_a_lost_boot_over_two_days_stays_undated(engine: Engine) -> None:
    lost_boot(engine, NOON - DAY, NOON)
    assert bound_unsynced(engine) == 0
    assert days(engine)[UNDATED_DAY] == 2


def test_a_night_belongs_to_the_business_day_before(engine: Engine) -> None:
    """Till 1 closes at 21:00, so 23:30 and 00:30 are calendar days: two of them."""
    lost_boot(engine, NOON + 11 * HOUR + 30 * MINUTE, NOON + 12 * HOUR + 30 * MINUTE)
    assert bound_unsynced(engine) == 0


def test_a_boot_that_still_runs_is_not_bounded(engine: Engine) -> None:
    box = Box()
    take(engine, (box, box.press(t=NOON - HOUR)))
    box.boot = "boot-2"
    take(engine, (box, unsynced(box, 7000)))
    assert bound_unsynced(engine) == 0


def test_a_boot_with_nothing_dated_before_it_is_not_bounded(engine: Engine) -> None:
    box = Box()
    take(engine, (box, unsynced(box, 7000)))
    box.boot = "boot-2"
    take(engine, (box, box.press(t=NOON)))
    assert bound_unsynced(engine) == 0


def test_a_device_that_went_on_with_a_new_card_has_finished_its_boot(engine: Engine) -> None:
    box = Box()
    take(engine, (box, box.press(t=NOON - HOUR)), received=NOON - HOUR)
    box.boot = "boot-2"
    take(engine, (box, unsynced(box, 7000)), received=NOON)
    new = Box(stream="bbbbbbbbbbbbbbbb", boot="boot-3")
    take(engine, (new, new.press(t=NOON + HOUR)), received=NOON + HOUR)
    assert bound_unsynced(engine) == 1


def test_an_anchor_that_comes_after_all_replaces_the_bound(engine: Engine) -> None:
    box = lost_boot(engine, NOON - HOUR, NOON + HOUR)
    bound_unsynced(engine)
    box.boot = "boot-2"
    take(engine, (box, box.anchor(10_000, NOON)))
    assert times(engine)[1:3] == [(NOON - 3000, "ntp"), (NOON - 2000, "ntp")]
    assert UNDATED_HOUR not in hours(engine)
    assert verify(engine, "all").examples == []
