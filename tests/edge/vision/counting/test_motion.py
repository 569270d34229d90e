"""The motion gate: frames in which something happens, and a look now and then in any case."""

import numpy as np
import numpy.typing as npt
import pytest

from tillsight_edge.vision.counting.motion import MotionGate
from tillsight_edge.vision.frames import Image

WIDTH, HEIGHT = 640, 360


def room(seed: int = 1) -> Image:
    """A picture with some structure in it."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    grey = 110 + 50 * np.sin(rows / 40) + 40 * np.cos(columns / 60)
    return np.repeat(grey[:, :, None], 3, axis=2).astype(np.uint8)


def with_person(x: int, height: int = 180) -> Image:
    image = room()
    image[HEIGHT - height : HEIGHT, x : x + height // 3] = (20, 30, 60)
    return image


def opened(images: list[Image], *, watching: bool = False, every_ms: int = 200) -> list[int]:
    """Which of the frames went through."""
    gate = MotionGate()
    return [
        number
        for number, image in enumerate(images)
        if gate.opens(image, number * every_ms, watching=watching, settled=True)
    ]


def test_the_first_frame_is_always_looked_at() -> None:
    assert opened([room()]) == [0]


def test_an_empty_room_is_looked_at_every_five_seconds() -> None:
    assert opened([room()] * 60) == [0, 25, 50]


def test_a_room_with_somebody_is_looked_at_every_second() -> None:
    assert opened([with_person(200)] * 21, watching=True) == [0, 5, 10, 15, 20]


def test_somebody_who_comes_opens_it_at_once() -> None:
    assert opened([room(), room(), with_person(0), with_person(40), with_person(80)]) == [0, 2, 3, 4]


def test_somebody_who_leaves_opens_it_at_once() -> None:
    assert opened([with_person(200)] * 2 + [with_person(260)], watching=True) == [0, 2]


@pytest.mark.parametrize("height", [36, 60, 120])
def test_small_people_are_enough(height: int) -> None:
    steps = [with_person(200 + step * height // 5, height) for step in range(6)]
    assert len(opened(steps)) >= 3


def test_slow_movements_add_up() -> None:
    steps = [with_person(200 + step) for step in range(20)]
    assert len(opened(steps)) >= 2


def test_grain_is_no_movement() -> None:
    rng = np.random.default_rng(1)
    grain: npt.NDArray[np.float64] = rng.normal(0, 14, (24, HEIGHT, WIDTH, 3))
    assert opened([np.clip(room() + frame, 0, 255).astype(np.uint8) for frame in grain]) == [0]


def test_light_that_changes_everywhere_is_no_movement() -> None:
    dimmed = [np.clip(room().astype(np.int16) - step, 0, 255).astype(np.uint8) for step in range(16)]
    assert opened(dimmed) == [0]


def test_who_is_out_of_sight_or_new_is_looked_for_in_every_frame() -> None:
    gate = MotionGate()
    assert [gate.opens(room(), at, watching=True, settled=False) for at in (0, 200, 400)] == [True] * 3


def test_a_picture_of_another_size_is_new() -> None:
    gate = MotionGate()
    assert gate.opens(room(), 0, watching=False, settled=True)
    assert gate.opens(room()[:, : WIDTH // 2].copy(), 200, watching=False, settled=True)
