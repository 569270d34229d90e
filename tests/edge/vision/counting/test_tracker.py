"""One person over several frames: gaps, doubles, legs that are hidden, and people who pass each other."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_edge.vision.counting.sightings import Track, nested, overlap
from tillsight_edge.vision.counting.tracker import Tracker, TrackerRules
from tillsight_edge.vision.detections import Detection

HEIGHT = 400.0
STANDING = (100.0, 100.0, 180.0, 340.0)


def box(x: float = 100, y: float = 340, height: float = 240, score: float = 0.9) -> Detection:
    """A person of whom x is the left side and y the feet."""
    return Detection(x, y - height, x + height / 3, y, score)


def follow(scene: list[list[Detection]], every_ms: int = 200) -> list[list[Track]]:
    """The tracks in each frame."""
    tracker = Tracker()
    return [tracker.update(boxes, number * every_ms, HEIGHT) for number, boxes in enumerate(scene)]


def numbers(tracks: list[Track]) -> list[int]:
    return [track.number for track in tracks]


def test_overlap_and_nesting() -> None:
    assert overlap((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (20, 0, 30, 10)) == 0
    assert nested((2, 2, 4, 4), (0, 0, 10, 10)) == 1


def test_a_person_is_a_track_from_the_third_sighting_on() -> None:
    assert [numbers(tracks) for tracks in follow([[box()]] * 4)] == [[], [], [1], [1]]


def test_a_track_remembers_where_it_began() -> None:
    tracks = follow([[box(100 + 10 * step)] for step in range(4)])
    assert [round(s.foot[0]) for s in tracks[2][0].sightings] == [140, 150, 160]


def test_a_slip_of_the_detector_is_nobody() -> None:
    assert all(tracks == [] for tracks in follow([[box()], [], [], [], [], [], [], [box(300)], []]))


def test_an_unsure_box_begins_no_track_and_continues_one() -> None:
    unsure = box(score=0.3)
    assert all(tracks == [] for tracks in follow([[unsure]] * 6))
    last = follow([[box()]] * 4 + [[unsure]] * 6)[-1]
    assert [track.seen for track in last] == [True]
    assert not last[0].last.sure


def test_an_unsure_box_with_its_head_elsewhere_continues_nobody() -> None:
    assert not follow([[box()]] * 4 + [[box(y=340, height=140, score=0.3)]])[-1][0].seen


@pytest.mark.parametrize(("gap", "found"), [(5, [1]), (9, [1]), (14, [2])])
def test_who_is_found_within_two_seconds_is_the_same_person(gap: int, found: list[int]) -> None:
    scene: list[list[Detection]] = [[box()]] * 4 + [[]] * gap + [[box(110)]] * 3
    assert numbers(follow(scene)[-1]) == found


def test_who_appears_elsewhere_is_another_person() -> None:
    assert numbers(follow([[box()]] * 4 + [[]] * 3 + [[box(300)]] * 3)[-1]) == [1, 2]


def test_after_a_long_pause_of_the_camera_nobody_is_known() -> None:
    tracker = Tracker()
    for at in (0, 200, 400):
        tracker.update([box()], at, HEIGHT)
    assert tracker.update([box()], 60_000, HEIGHT) == []


def test_a_box_that_reaches_the_lower_edge_is_clipped() -> None:
    assert [follow([[box(y=y)]] * 3)[-1][0].last.clipped for y in (380, 395)] == [False, True]


def test_legs_that_disappear_are_hidden_not_gone() -> None:
    torso = Detection(100, 100, 180, 220, 0.9)
    last = follow([[box()]] * 5 + [[torso]] * 10)[-1][0].last
    assert last.hidden == pytest.approx(120)
    assert last.foot == pytest.approx((140, 340))
    assert last.body == pytest.approx(STANDING)


def test_legs_that_are_seen_again_are_no_longer_hidden() -> None:
    torso = Detection(100, 100, 180, 220, 0.9)
    assert follow([[box()]] * 5 + [[torso]] * 5 + [[box()]])[-1][0].last.hidden == 0


def test_somebody_who_walks_away_from_the_camera_has_no_hidden_legs() -> None:
    sizes = [240 / (1 + 0.06 * step) for step in range(20)]
    scene = [[Detection(140 - size / 6, 100, 140 + size / 6, 100 + size, 0.9)] for size in sizes]
    assert all(track.last.hidden == 0 for tracks in follow(scene) for track in tracks)


def test_a_second_box_of_one_person_is_no_second_person() -> None:
    torso = Detection(105, 102, 175, 220, 0.8)
    assert numbers(follow([[box(), torso]] * 10)[-1]) == [1]


def test_a_part_that_was_there_first_ends_as_soon_as_the_whole_is_seen() -> None:
    head = Detection(120, 100, 160, 160, 0.8)
    scene = [[head]] * 3 + [[box(), head]] * 8
    assert len(follow(scene)[-1]) == 1


def test_a_child_before_a_grown_up_is_a_person() -> None:
    scene = [[box(100), box(220 - 20 * min(step, 5), y=350, height=120)] for step in range(20)]
    assert len(follow(scene)[-1]) == 2


def test_two_who_pass_each_other_stay_two() -> None:
    scene = [[box(20 + 15 * step, y=330), box(320 - 15 * step, y=360, height=270)] for step in range(20)]
    assert numbers(follow(scene)[-1]) == [1, 2]


def test_nothing_moved_means_that_whoever_was_seen_is_still_there() -> None:
    tracker = Tracker()
    for at in (0, 200, 400):
        tracker.update([box()], at, HEIGHT)
    (track,) = tracker.hold(600)
    assert (track.seen, track.last.mono_ms, track.last.foot) == (True, 600, (140, 340))


def test_a_tracker_is_settled_when_nobody_is_new_or_out_of_sight() -> None:
    tracker = Tracker()
    states = []
    for number, boxes in enumerate([[], [box()], [box()], [box()], []]):
        tracker.update(boxes, number * 200, HEIGHT)
        states.append((tracker.watches, tracker.settled))
    assert states == [(False, True), (True, False), (True, False), (True, True), (True, False)]


boxes = st.builds(box, st.floats(0, 400), st.floats(200, 400), st.floats(10, 300), st.floats(0.05, 1))


@given(st.lists(st.lists(boxes, max_size=6), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_boxes_give_tracks_with_distinct_numbers_and_ordered_sightings(
    scene: list[list[Detection]],
) -> None:
    for tracks in follow(scene):
        assert len(set(numbers(tracks))) == len(tracks)
        for track in tracks:
            times = [sighting.mono_ms for sighting in track.sightings]
            assert times == sorted(set(times))
            assert times[-1] - times[0] <= TrackerRules.memory_s * 1000
