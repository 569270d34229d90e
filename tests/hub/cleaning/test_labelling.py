"""Labels of presses: the table of cases, and what holds for any history."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.harness.cleaning import AGAIN, GENUINE, MASHED, history, of_case, place, simulated_week, told

from tillsight_hub.cleaning.history import History
from tillsight_hub.cleaning.labelling import clean, reach_ms
from tillsight_hub.cleaning.relabelling import joined
from tillsight_hub.cleaning.rules import CleaningSettings
from tillsight_hub.labels import CLEANED, NOT_COUNTED, Label

CASES: list[dict[str, Any]] = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "cleaning.toml").read_text(encoding="utf-8")
)["case"]
RULES = CleaningSettings()
NOON = 1_791_280_800_000


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_cases_of_presses_and_contacts(case: dict[str, Any]) -> None:
    given, expected = of_case(case)
    rules = RULES.changed({name: str(value) for name, value in case.get("settings", {}).items()})
    found = [told(int(labels)) for labels in clean(given, rules)]
    assert found == expected


def test_no_presses_have_no_labels() -> None:
    assert len(clean(history(place(), []), RULES)) == 0


def test_labels_that_cleaning_gave_before_make_no_difference() -> None:
    for seed in range(20):
        given = _by_chance(seed)
        once = clean(given, RULES)
        everything = np.full(len(once), int(CLEANED), np.int32)
        assert np.array_equal(clean(replace(given, labels=once), RULES), once)
        assert np.array_equal(clean(replace(given, labels=once | everything), RULES), once)


def test_what_the_device_said_stays() -> None:
    given = _by_chance(3)
    own = np.int32(int(Label.REPEAT | Label.UNDONE))
    assert np.any(given.labels & own)
    assert np.array_equal(clean(given, RULES) & own, given.labels & own)


def test_presses_that_hang_together_have_the_labels_that_they_have_in_the_whole_history() -> None:
    reach = reach_ms(RULES)
    for seed in range(20):
        given = _by_chance(seed)
        whole = clean(given, RULES)
        middle = int(given.press_t[len(given.press_t) // 2])
        part = joined(given.press_t, middle, middle + 600_000, reach)
        assert 0 < len(part) < len(given.press_t)
        alone = clean(_presses(given, part), RULES)
        assert np.array_equal(alone, whole[part.start : part.stop])


def test_contacts_may_come_in_any_order() -> None:
    given = _by_chance(5)
    order = np.random.default_rng(0).permutation(len(given.contact_end))
    shuffled = replace(
        given,
        contact_start=given.contact_start[order],
        contact_end=given.contact_end[order],
        people=given.people[order],
    )
    assert np.array_equal(clean(given, RULES), clean(shuffled, RULES))


def test_a_group_is_as_many_people_as_it_has() -> None:
    votes = [(NOON + n * 20_000, 4, 0) for n in range(5)]
    given = history(place(), votes, [(NOON - 1000, NOON + 90_000)])
    assert all(labels & Label.STAFF for labels in clean(given, RULES))
    group = replace(given, people=np.array([5], np.int32))
    assert not any(labels & Label.STAFF for labels in clean(group, RULES))


def test_of_a_very_long_contact_only_the_last_hour_is_looked_at() -> None:
    hour = 3_600_000
    given = history(place(), [(NOON, 4, 0), (NOON + 2 * hour, 4, 0)], [(NOON - hour, NOON + 2 * hour)])
    assert [bool(labels & Label.ORPHAN) for labels in clean(given, RULES)] == [True, False]


def test_of_simulated_weeks_hardly_a_vote_is_lost_and_hardly_any_misuse_counts() -> None:
    """Each person is a vote, whichever of their presses counts."""
    votes = counted = misused = misuse_counted = accused = 0
    for seed in range(5):
        given, kinds = simulated_week(seed)
        labels = clean(given, RULES)
        counts = labels & int(NOT_COUNTED) == 0
        votes += int(np.sum(kinds == GENUINE))
        counted += int(np.sum(counts & (kinds <= AGAIN)))
        misused += int(np.sum(kinds >= MASHED))
        misuse_counted += int(np.sum(counts & (kinds >= MASHED)))
        accused += int(np.sum((labels & int(Label.STAFF) != 0) & (kinds <= AGAIN)))
    assert votes > 1500
    assert misused > 1000
    assert 0.98 * votes < counted <= votes
    assert misuse_counted < 0.01 * misused
    assert accused <= 2


def _presses(given: History, part: range) -> History:
    chosen = slice(part.start, part.stop)
    return replace(
        given, press_t=given.press_t[chosen], rating=given.rating[chosen], labels=given.labels[chosen]
    )


def _by_chance(seed: int) -> History:
    """Six hours with customers, bursts, runs, a blind counter and a closing time in it."""
    dice = np.random.default_rng([seed, 4])
    arrivals = NOON + 6 * 3_600_000 + np.sort(dice.integers(0, 6 * 3_600_000, 150))
    contacts = [(int(t), int(t + dice.integers(5_000, 120_000))) for t in arrivals if dice.random() < 0.9]
    presses = [(int(t + 4_000), int(dice.integers(0, 5)), 0) for t in arrivals if dice.random() < 0.5]
    for t in dice.choice(arrivals, 6):
        gaps = np.cumsum(dice.exponential(dice.choice([700, 2_500, 20_000]), dice.integers(2, 15)))
        presses += [(int(t + gap), int(dice.integers(1, 5)), int(dice.choice([0, 0, 1, 2]))) for gap in gaps]
        presses += [(int(t + 60_000 + gap), 4, 0) for gap in gaps]
    start = int(arrivals[50])
    return history(place(), presses, contacts, [(start, start + 1_800_000)])
