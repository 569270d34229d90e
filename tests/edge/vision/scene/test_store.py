"""The rendered store: the same each time, with a truth that fits what is drawn."""

from itertools import pairwise

import numpy as np
import pytest

from tillsight_edge.vision.frames import Box
from tillsight_edge.vision.scene.script import DOOR, SceneScript, Visit, busy_till
from tillsight_edge.vision.scene.store import ENTRANCE_LINE, STAFF_ZONE, TILL_ZONE, Rendered, StoreScene
from tillsight_edge.vision.scene.training import random_scene
from tillsight_models.geometry import Zone

WIDTH, HEIGHT = 320, 240
"""Half of the usual size: quicker to draw."""
STAND = (0.45, 0.89)


def one_customer(dwell_s: float = 6.0, seed: int = 0) -> StoreScene:
    visit = Visit(1.0, (DOOR, (0.62, 0.62), STAND), dwell_s, (STAND, (0.62, 0.62), DOOR), "positive")
    return StoreScene(seed, WIDTH, HEIGHT, SceneScript((visit,), 60))


def customers(shown: Rendered) -> list[Box]:
    """Everybody but the seller."""
    return [box for box in shown.persons if box[2] > 0.28 * WIDTH]


def feet(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2 / WIDTH, box[3] / HEIGHT


def test_the_same_seed_and_time_draw_the_same_picture_and_others_another() -> None:
    one, same, other = (StoreScene(seed, WIDTH, HEIGHT).render(9.0).image for seed in (7, 7, 8))
    assert (one == same).all()
    assert (one != other).mean() > 0.5
    later = StoreScene(7, WIDTH, HEIGHT).render(9.2).image
    assert (one != later).mean() > 0.3  # a sensor's noise, if nothing else


@pytest.mark.parametrize("seed", range(4))
def test_a_customer_stands_in_the_zone_between_the_times_of_the_truth_and_not_before_or_after(
    seed: int,
) -> None:
    scene = one_customer(seed=seed)
    ((arrive_s, depart_s),) = scene.truth()
    assert depart_s - arrive_s == pytest.approx(6.0)
    for t_s in np.arange(arrive_s + 0.1, depart_s, 0.7):
        shown = scene.render(float(t_s))
        (box,) = customers(shown)
        assert Zone.of(TILL_ZONE).contains(feet(box))
        assert (shown.serving, shown.served) == (1, 0)
    for t_s in (arrive_s - 2.5, depart_s + 2.5):
        (box,) = customers(scene.render(t_s))
        assert not Zone.of(TILL_ZONE).contains(feet(box))
    assert scene.render(59.0).served == 1
    assert customers(scene.render(59.0)) == []


def test_a_customer_shows_a_face_to_the_camera_when_served_and_none_when_leaving() -> None:
    scene = one_customer(seed=1)
    ((arrive_s, depart_s),) = scene.truth()
    served = [scene.render(arrive_s + after_s).faces for after_s in (1.0, 2.0, 3.0, 4.0)]
    faces = [face for shown in served for face in shown if face[0] > 0.28 * WIDTH]
    assert len(faces) >= 3
    assert min(face[2] - face[0] for face in faces) * 640 / WIDTH >= 18
    assert [face for face in scene.render(depart_s + 2).faces if face[0] > 0.28 * WIDTH] == []


def test_the_seller_is_in_the_staff_zone_and_customers_are_not() -> None:
    scene = one_customer(seed=2)
    arrive_s = scene.truth()[0][0]
    boxes = scene.render(arrive_s + 2).persons
    assert len(boxes) == 2
    middles = [((x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT) for x1, y1, x2, y2 in boxes]
    assert sorted(Zone.of(STAFF_ZONE).contains(middle) for middle in middles) == [False, True]


def test_whoever_comes_from_the_door_crosses_the_line_downwards() -> None:
    scene = one_customer()
    heights = [feet(box)[1] for t in np.arange(1.2, 6, 0.5) for box in customers(scene.render(float(t)))]
    assert heights[0] < ENTRANCE_LINE[0][1] < heights[-1]
    assert heights == sorted(heights)


def test_boxes_are_around_what_has_changed_in_the_picture() -> None:
    scene, empty = one_customer(seed=3), StoreScene(3, WIDTH, HEIGHT, SceneScript((), 60))
    arrive_s = scene.truth()[0][0]
    shown = scene.render(arrive_s + 2)
    (x1, y1, x2, y2) = customers(shown)[0]
    difference = np.abs(shown.image.astype(int) - empty.render(arrive_s + 2).image).sum(axis=2) > 60
    rows, columns = np.nonzero(difference)
    inside = (columns >= x1 - 2) & (columns < x2 + 2) & (rows >= y1 - 2) & (rows < y2 + 0.02 * HEIGHT)
    assert inside.mean() > 0.95
    assert difference[int(y1) : int(y2), int(x1) : int(x2)].mean() > 0.3


@pytest.mark.parametrize("every_s", [12, 30])
def test_customers_come_as_often_as_was_asked_and_one_after_another(every_s: float) -> None:
    scene = StoreScene(5, WIDTH, HEIGHT, busy_till(5, every_s=every_s, dwell_s=(3, 5), pair_share=0))
    truth = scene.truth()
    assert len(truth) == pytest.approx(3600 / every_s, rel=0.15)
    assert all(depart < later for (_, depart), (later, _) in pairwise(truth))


def test_some_only_pass_by_and_are_not_in_the_truth() -> None:
    script = busy_till(5, duration_s=600)
    scene = StoreScene(5, WIDTH, HEIGHT, script)
    assert len(scene.truth()) == sum(visit.served for visit in script.visits) < len(script.visits)


def test_a_scene_begins_again_and_counts_on() -> None:
    scene = one_customer()
    at_s = scene.truth()[0][0] + 2
    first, second = scene.render(at_s), scene.render(at_s + 60)
    assert (first.served, second.served, second.serving) == (0, 1, 1)
    assert customers(first) == customers(second) != []


def test_random_scenes_have_everything_a_detector_must_know() -> None:
    rng = np.random.default_rng(1)
    heights, faces, empty = [], 0, 0
    for _ in range(80):
        image, persons, seen_faces = random_scene(rng, 320, 256)
        assert image.shape == (256, 320, 3)
        assert image.dtype == np.uint8
        for x1, y1, x2, y2 in persons:
            assert 0 <= x1 < x2 <= 320
            assert 0 <= y1 < y2 <= 256
            heights.append(y2 - y1)
        faces += len(seen_faces)
        empty += not persons
    assert empty >= 2
    assert faces > 30
    assert len(heights) > 100
    assert np.percentile(heights, 5) < 40 < 130 < np.percentile(heights, 95)


def test_a_random_scene_is_the_same_for_the_same_dice() -> None:
    one, other = (random_scene(np.random.default_rng(4), 160, 128) for _ in range(2))
    assert (one[0] == other[0]).all()
    assert one[1:] == other[1:]
