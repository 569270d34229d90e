"""A table of what can happen to a camera and what it is called, and no alarm where nothing happened."""

from collections.abc import Callable, Iterable
from functools import cache

import cv2
import numpy as np
import pytest
from tests.harness.reference_data import reference_data

from tillsight_edge.vision.camera.eyesight import Eyesight
from tillsight_edge.vision.frames import Frame, Image
from tillsight_edge.vision.scene.script import SceneScript, Visit, busy_till
from tillsight_edge.vision.scene.store import StoreScene

WIDTH, HEIGHT = 192, 144
STEP_S = 0.4
LEARNT_S = 18.0
HAPPENS_FOR_S = 48.0

Change = Callable[[Image, int], Image]


@cache
def store(seed: int) -> tuple[Image, ...]:
    """A busy till, long enough to learn it and to see what happens then."""
    scene = StoreScene(seed, WIDTH, HEIGHT, busy_till(seed, every_s=9, duration_s=200))
    return tuple(scene.render(t).image for t in np.arange(0, LEARNT_S + HAPPENS_FOR_S, STEP_S))


def states(images: Iterable[Image], eyes: Eyesight | None = None, from_s: float = 0.0) -> list[str]:
    eyes = eyes or Eyesight()
    return [
        eyes.look(Frame(number, round(1000 * (from_s + number * STEP_S)), image))
        for number, image in enumerate(images)
    ]


def noisy(image: Image, number: int) -> Image:
    cv2.setRNGSeed(number)
    noise = np.zeros(image.shape, np.float32)
    cv2.randn(noise, np.zeros(3), np.full(3, 2.0))
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def warped(matrix: list[list[float]]) -> Change:
    def change(image: Image, number: int) -> Image:
        return cv2.warpAffine(image, np.float32(matrix), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)

    return change


def turned(degrees: float, zoom: float = 1.0) -> Change:
    return warped(cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, zoom).tolist())


def lit(gain: float) -> Change:
    return lambda image, number: noisy(image * gain, number)


def wall(level: float, slope: float) -> Change:
    """Something close before the lens: one level, with a slope over it."""
    across = np.linspace(-slope, slope, WIDTH)[None, :, None]
    return lambda image, number: noisy(np.zeros(image.shape) + level + across, number)


def lamp_at_the_side(image: Image, number: int) -> Image:
    return noisy(image * np.linspace(0.3, 1.6, WIDTH)[None, :, None], number)


def frozen() -> Change:
    kept: list[Image] = []

    def change(image: Image, number: int) -> Image:
        kept.append(image)
        return kept[0]

    return change


HAPPENINGS: dict[str, tuple[Change, str]] = {
    "nothing": (lambda image, number: image, "ok"),
    "half of the light goes out": (lit(0.5), "ok"),
    "most of the light goes out": (lit(0.3), "ok"),
    "a lamp goes on": (lit(1.5), "ok"),
    "the light comes from another side": (lamp_at_the_side, "ok"),
    "it is night": (lit(0.03), "dark"),
    "a cap on the lens": (wall(6, 1), "dark"),
    "paper on the lens": (wall(200, 10), "covered"),
    "a hand on the lens": (wall(60, 30), "covered"),
    "a wall close before the lens": (wall(120, 40), "covered"),
    "breath on the lens": (
        lambda image, number: noisy(cv2.GaussianBlur(image, (0, 0), 12), number),
        "covered",
    ),
    "always the same picture": (frozen(), "frozen"),
    "turned to the side": (warped([[1, 0, 36], [0, 1, 0]]), "moved"),
    "knocked a little": (warped([[1, 0, 12], [0, 1, -5]]), "moved"),
    "tilted": (warped([[1, 0, 0], [0, 1, 15]]), "moved"),
    "hangs crooked": (turned(8), "moved"),
    "another lens": (turned(0, 1.3), "moved"),
    "hung up in another place": (lambda image, number: noisy(store(4)[number][:, ::-1], number), "moved"),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
def test_what_happens_to_a_camera_has_its_name(happening: str) -> None:
    change, expected = HAPPENINGS[happening]
    learnt = round(LEARNT_S / STEP_S)
    seen = states(
        image if number < learnt else change(image, number) for number, image in enumerate(store(0))
    )
    assert set(seen[:learnt]) == {"ok"}
    assert seen[-1] == expected
    assert set(seen) == {"ok", expected}


@pytest.mark.parametrize(("happening", "within_s"), [("it is night", 4), ("paper on the lens", 6)])
def test_what_cannot_be_missed_is_told_soon_and_its_end_too(happening: str, within_s: float) -> None:
    images, learnt = store(0), round(LEARNT_S / STEP_S)
    change = HAPPENINGS[happening][0]
    after = learnt + 50
    seen = states(
        change(image, number) if learnt <= number < after else image for number, image in enumerate(images)
    )
    assert "ok" not in seen[learnt + round(within_s / STEP_S) : after]
    assert set(seen[after + round(4 / STEP_S) :]) == {"ok"}


def test_a_camera_that_is_turned_back_is_ok_again_and_one_whose_new_view_is_accepted_too() -> None:
    images, turn = store(0), HAPPENINGS["turned to the side"][0]
    away = [turn(image, number) for number, image in enumerate(images)]
    eyes = Eyesight()
    assert states(images, eyes)[-1] == "ok"
    assert states(away, eyes, 100)[-1] == "moved"
    assert states(images[:10], eyes, 200)[-1] == "ok"
    assert states(away, eyes, 300)[-1] == "moved"
    eyes.forget()
    assert set(states(away, eyes, 400)) == {"ok"}


def test_somebody_close_before_the_lens_for_a_moment_is_no_alarm() -> None:
    learnt = round(LEARNT_S / STEP_S)
    cover = HAPPENINGS["a hand on the lens"][0]
    seen = states(
        cover(image, number) if number > learnt and number % 40 < 9 else image
        for number, image in enumerate(store(0))
    )
    assert set(seen) == {"ok"}


def test_a_crowd_in_front_of_the_camera_is_no_alarm() -> None:
    places = [(0.2 + 0.15 * (number % 5), 0.88 + 0.03 * (number % 3)) for number in range(10)]
    crowd = tuple(
        Visit(16.0 + 2 * number, ((1.1, 0.9), place), 50, (place, (1.1, 0.9)), "neutral", number)
        for number, place in enumerate(places)
    )
    scene = StoreScene(3, WIDTH, HEIGHT, SceneScript(crowd, 200))
    seen = states(scene.render(t).image for t in np.arange(0, 110, STEP_S))
    assert set(seen) == {"ok"}


def test_a_quiet_store_with_a_sensor_s_noise_is_not_frozen() -> None:
    scene = StoreScene(1, WIDTH, HEIGHT, SceneScript((), 1000))
    assert set(states(scene.render(t).image for t in np.arange(0, 60, STEP_S))) == {"ok"}


def test_a_camera_that_starts_covered_is_covered_and_learns_nothing() -> None:
    images, cover = store(0), HAPPENINGS["paper on the lens"][0]
    eyes = Eyesight()
    assert states([cover(image, number) for number, image in enumerate(images[:100])], eyes)[-1] == "covered"
    assert states(images, eyes, 100)[-1] == "ok"


def test_a_long_pause_between_frames_says_nothing_about_the_place() -> None:
    eyes = Eyesight()
    states(store(0), eyes)
    assert states(store(0), eyes, 100_000)[0] == "ok"


def test_what_is_remembered_of_a_place_is_coarse() -> None:
    eyes = Eyesight()
    states(store(0)[:60], eyes)
    parts = [part for part in vars(eyes).values() if hasattr(part, "__dict__")]
    arrays = [value for part in parts for value in vars(part).values() if isinstance(value, np.ndarray)]
    assert arrays
    assert max(array.size for array in arrays) == 2 * 64 * 48


@pytest.mark.parametrize("name", ["one-by-one-person-detection.mp4", "touchpoint_p2.mp4"])
def test_nothing_is_wrong_with_the_cameras_of_the_reference_clips(name: str) -> None:
    clip = cv2.VideoCapture(str(reference_data(f"data/clips/{name}")))
    seen, number = [], 0
    eyes = Eyesight()
    while clip.grab():
        if number % 5 == 0:
            seen.append(eyes.look(Frame(number + 1, 100 * number, clip.retrieve()[1])))
        number += 1
    assert len(seen) > 100
    assert set(seen) == {"ok"}
