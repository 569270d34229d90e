"""Contacts: a table of scenes, and what must hold in any scene."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.walkers import Walker, watch

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.counting.contacts import Contact, Presence

CASES = tomllib.loads((Path(__file__).parents[2] / "cases" / "contacts.toml").read_text(encoding="utf-8"))[
    "case"
]
ZONE = ((0.4, 0.7), (0.7, 1.0))
WITHIN_S = 0.5
SERVED = Walker([[0, 0.0, 0.9], [2, 0.55, 0.85], [12, 0.55, 0.85], [14, 1.0, 0.9]])


def camera(**changes: Any) -> CameraSettings:
    return CameraSettings(**{"source": "0", "zone": ZONE, "min_dwell_s": 3, "max_dwell_s": 60, **changes})


def scene(case: dict[str, Any]) -> tuple[list[Walker], float]:
    walkers = [Walker(**person) for person in case["people"]]
    return walkers, case.get("end", max(walker.way[-1][0] for walker in walkers) + 5)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_contacts_of_the_cases(case: dict[str, Any]) -> None:
    walkers, end_s = scene(case)
    watched = watch(camera(zone=case.get("zone", ZONE)), walkers, end_s)
    assert watched.contacts == [pytest.approx(contact, abs=WITHIN_S) for contact in case["contacts"]]


@pytest.mark.parametrize("frames_a_second", [2, 3, 10, 30])
def test_a_contact_is_the_same_at_any_frame_rate(frames_a_second: float) -> None:
    watched = watch(camera(), [SERVED], 20, frames_a_second=frames_a_second)
    assert watched.contacts == [pytest.approx([2, 12], abs=WITHIN_S if frames_a_second > 2 else 1)]


stays = st.lists(
    st.tuples(
        st.floats(4.5, 15),  # stands
        st.floats(0.45, 0.65),  # at
        st.floats(2.5, 6),  # until the next one comes
    ),
    min_size=1,
    max_size=3,
)


def one_by_one(plan: list[tuple[float, float, float]], mirrored: bool = False) -> tuple[list[Walker], float]:
    """People who come from the left, stand for so long, and go to the right."""
    walkers, second = [], 1.0
    for stands_s, x, pause_s in plan:
        way = [[0.0, 0.0, 0.9], [2.0, x, 0.85], [2.0 + stands_s, x, 0.85], [4.0 + stands_s, 1.0, 0.9]]
        walkers.append(Walker([[second + t, 1 - at if mirrored else at, y] for t, at, y in way]))
        second += 4.0 + stands_s + pause_s
    return walkers, second


@given(stays)
@settings(max_examples=15, deadline=None)
def test_the_picture_in_a_mirror_has_the_same_contacts(plan: list[tuple[float, float, float]]) -> None:
    walkers, end_s = one_by_one(plan)
    mirrored, _ = one_by_one(plan, mirrored=True)
    there = watch(camera(zone=((0.3, 0.7), (0.6, 1.0))), mirrored, end_s)
    assert there.contacts == watch(camera(zone=((0.4, 0.7), (0.7, 1.0))), walkers, end_s).contacts


@given(stays, st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_a_third_of_the_frames_may_be_lost_and_boxes_may_shake(
    plan: list[tuple[float, float, float]], seed: int
) -> None:
    walkers, end_s = one_by_one(plan)
    watched = watch(camera(), walkers, end_s, lost=0.3, jitter=0.015, seed=seed)
    assert len(watched.contacts) == len(plan)


@given(st.floats(0.2, 8), st.floats(1, 6), st.integers(0, 1000))
@settings(max_examples=25, deadline=None)
def test_no_contact_is_shorter_than_the_least_dwell(stands_s: float, least_s: float, seed: int) -> None:
    walkers, end_s = one_by_one([(stands_s, 0.55, 3.0)])
    watched = watch(camera(min_dwell_s=least_s), walkers, end_s, jitter=0.02, seed=seed)
    assert all(contact.dwell_s >= least_s - 0.001 for contact in watched.of(Contact))


def test_quality_is_the_share_of_frames_in_which_the_person_was_seen() -> None:
    whole = watch(camera(), [SERVED], 20).of(Contact)[0]
    half = watch(camera(), [replace(SERVED, unseen=[[t, t + 0.5] for t in range(3, 12)])], 20).of(Contact)[0]
    assert whole.quality == 1.0
    assert half.quality == pytest.approx(0.45, abs=0.1)


def test_presence_is_told_when_it_changes() -> None:
    told = [
        (new.mono_ms / 1000, new.present, new.served) for new in watch(camera(), [SERVED], 20).of(Presence)
    ]
    assert [(present, served) for _, present, served in told] == [(1, 0), (1, 1), (0, 0)]
    came, served, left = (second for second, _, _ in told)
    assert came == pytest.approx(2, abs=1)
    assert served == pytest.approx(5, abs=1)
    assert 13 <= left <= 14.5


TOGETHER = [
    Walker([[0, 0.0, 0.9], [2, 0.62, 0.85], [12, 0.62, 0.85], [14, 1.0, 0.9]]),
    Walker([[0.6, 0.0, 0.88], [2.4, 0.46, 0.85], [11, 0.46, 0.85], [13, 1.0, 0.88]]),
]
NEXT = [
    Walker([[0, 0.0, 0.9], [2, 0.62, 0.85], [12, 0.62, 0.85], [13.5, 1.0, 0.9]]),
    Walker([[8, 0.0, 0.9], [10, 0.46, 0.85], [22, 0.46, 0.85], [23.5, 0.0, 0.9]]),
]


@pytest.mark.parametrize(
    ("walkers", "groups", "people"),
    [(TOGETHER, False, [1, 1]), (TOGETHER, True, [2]), (NEXT, True, [1, 1]), ([SERVED], True, [1])],
)
def test_people_who_came_together_are_one_contact_where_groups_count(
    walkers: list[Walker], groups: bool, people: list[int]
) -> None:
    contacts = watch(camera(count_groups=groups), walkers, 30).of(Contact)
    assert [contact.people for contact in contacts] == people


def test_a_group_stays_from_the_first_to_the_last_of_them() -> None:
    (contact,) = watch(camera(count_groups=True), TOGETHER, 30).contacts
    assert contact == pytest.approx([2, 12], abs=WITHIN_S)


def test_a_companion_who_did_not_stand_is_not_of_the_group() -> None:
    passing = Walker([[3, 0.0, 0.9], [5, 0.46, 0.85], [6, 0.46, 0.85], [8, 0.0, 0.9]])
    (contact,) = watch(camera(count_groups=True), [TOGETHER[0], passing], 30).of(Contact)
    assert contact.people == 1


def test_the_gap_that_ends_a_contact_is_a_setting() -> None:
    away = Walker(
        [[0, 0, 0.9], [2, 0.55, 0.85], [8, 0.55, 0.85], [9, 0.3, 0.85], [11, 0.3, 0.85], [12, 0.55, 0.85],
         [20, 0.55, 0.85], [22, 1.0, 0.9]]
    )  # fmt: skip
    assert len(watch(camera(leave_gap_s=1), [away], 25).contacts) == 2
    assert watch(camera(leave_gap_s=5), [away], 25).contacts == [pytest.approx([2, 20], abs=WITHIN_S)]


def test_a_counter_at_which_no_feet_are_seen_has_a_zone_around_the_bodies() -> None:
    behind = Walker([[0, 0.0, 1.3], [2, 0.5, 1.3], [10, 0.5, 1.3], [12, 1.0, 1.3]], height=0.9)
    watched = watch(camera(zone=((0.3, 0.3), (0.7, 1.0))), [behind], 15)
    assert watched.contacts == [pytest.approx([2, 10], abs=WITHIN_S)]
