"""Random rendered scenes with their boxes, wide in variety, for training a detector."""

from collections.abc import Callable
from typing import TypeAlias

import cv2
import numpy as np

from ..frames import Box, Image
from .drawing import Canvas
from .looks import random_looks
from .people import Drawn, Mood, Pose, draw_person
from .room import View, draw_counter, draw_room, random_paint
from .store import truth_of

MOST_PEOPLE = 5

Place: TypeAlias = Callable[[np.random.Generator, View], tuple[float, float, float]]
"""Where somebody's feet are and how high they are seen: (x, y, height_px)."""


def random_scene(
    rng: np.random.Generator, width: int = 320, height: int = 256
) -> tuple[Image, tuple[Box, ...], tuple[Box, ...]]:
    """A picture, the boxes of its persons and the boxes of its faces; one in twelve has nobody in it."""
    view = View(
        width,
        height,
        float(rng.uniform(-0.25, 0.4)) * height,
        float(rng.uniform(0.6, 1.3)) * width,
        float(rng.uniform(1.3, 3.2)),
    )
    canvas = _background(rng, view)
    drawn = _people(rng, canvas, view)
    persons, faces = truth_of(canvas, drawn)
    return _as_taken(rng, canvas.image), persons, faces


def _background(rng: np.random.Generator, view: View) -> Canvas:
    kind = rng.random()
    if kind < 0.6:
        wall_px = view.horizon_px + rng.uniform(0.05, 0.35) * view.height
        canvas = draw_room(rng, view, random_paint(rng), float(wall_px))
    else:
        canvas = Canvas(_blurred_noise(rng, view))
        if kind < 0.85:
            _clutter(rng, canvas, view)
    return canvas


def _blurred_noise(rng: np.random.Generator, view: View) -> Image:
    """Soft blobs of colour, coarse or fine."""
    size = int(rng.integers(2, 24))
    blobs = rng.normal(rng.uniform(50, 200), rng.uniform(5, 55), (size, size + 2, 3)) + rng.normal(0, 12, 3)
    small = np.clip(blobs, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(small, (view.width, view.height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _clutter(rng: np.random.Generator, canvas: Canvas, view: View) -> None:
    """Boxes, discs and lines that are nobody."""
    for _ in range(rng.integers(3, 25)):
        x, y = rng.uniform(0, view.width), rng.uniform(0, view.height)
        wide, high = rng.uniform(0.02, 0.3, 2) * view.height
        colour = (float(rng.uniform(0, 255)), float(rng.uniform(0, 255)), float(rng.uniform(0, 255)))
        kind = rng.random()
        if kind < 0.6:
            canvas.polygon([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)], colour)
        elif kind < 0.8:
            canvas.ellipse((x, y), (wide / 2, high / 2), colour)
        else:
            canvas.line((x, y), (x + wide * 3, y + high * rng.uniform(-3, 3)), colour, rng.uniform(1, 5))


def _people(rng: np.random.Generator, canvas: Canvas, view: View) -> list[Drawn]:
    """Those whose feet are higher in the picture first; now and then a counter in front of somebody."""
    count = 0 if rng.random() < 1 / 12 else int(rng.integers(1, MOST_PEOPLE + 1))
    place: Place = _close if rng.random() < 0.12 else _in_perspective if rng.random() < 0.6 else _anywhere
    places = sorted((place(rng, view) for _ in range(count)), key=lambda each: each[1])
    drawn = []
    for owner, (x, y, height_px) in enumerate(places, start=1):
        drawn.append(
            draw_person(canvas, (x, y), random_looks(rng), _pose(rng), height_px=height_px, owner=owner)
        )
        if rng.random() < 0.12:
            _counter(rng, canvas, view, y, height_px)
    return drawn


def _in_perspective(rng: np.random.Generator, view: View) -> tuple[float, float, float]:
    """(x, y, height_px) of somebody on the floor that the camera sees."""
    far = max(0.2 * view.height, view.horizon_px + 0.1 * view.height)
    y = float(rng.uniform(far, 1.12 * view.height))
    height_px = rng.normal(1.7, 0.1) * (y - view.horizon_px) / view.camera_m
    return float(rng.uniform(-0.03, 1.03)) * view.width, y, _tall(view, height_px)


def _anywhere(rng: np.random.Generator, view: View) -> tuple[float, float, float]:
    height_px = 0.078 * view.height * float(np.exp(rng.uniform(0, np.log(11))))
    y = float(rng.uniform(0.7 * height_px, view.height + 0.35 * height_px))
    return float(rng.uniform(0, 1)) * view.width, y, height_px


def _close(rng: np.random.Generator, view: View) -> tuple[float, float, float]:
    """Head and shoulders, or the upper half."""
    height_px = float(rng.uniform(1.0, 3.6)) * view.height
    head_px = float(rng.uniform(0.02, 0.4)) * view.height
    return float(rng.uniform(0.1, 0.9)) * view.width, head_px + height_px, height_px


def _tall(view: View, height_px: float) -> float:
    return float(np.clip(height_px, 0.075 * view.height, 0.95 * view.height))


def _pose(rng: np.random.Generator) -> Pose:
    """Half look about at the camera; a quarter is seen from behind."""
    kind = rng.random()
    yaw = rng.normal(0, 28) if kind < 0.5 else rng.normal(180, 30) if kind < 0.75 else rng.uniform(0, 360)
    walks = rng.random() < 0.6
    mood: Mood = ("positive", "neutral", "negative")[rng.integers(3)]
    return Pose(
        float(yaw),
        float(rng.normal(0, 15)),
        float(rng.uniform(0, 6.28)),
        float(rng.uniform(0.06, 0.16)) if walks else 0.0,
        float(rng.uniform(0, 1)) if rng.random() < 0.3 else 0.0,
        mood,
    )


def _counter(rng: np.random.Generator, canvas: Canvas, view: View, y: float, height_px: float) -> None:
    """Hides legs, in front of whoever stands at `y`."""
    _, ahead = view.to_ground((0, y + 0.04 * height_px))
    left = float(rng.uniform(-2.5, 1.0))
    colour = random_paint(rng).counter
    near = max(0.4, ahead - float(rng.uniform(0.4, 0.8)))
    across_m = (left, left + float(rng.uniform(0.6, 2.0)))
    draw_counter(canvas, view, colour, across_m=across_m, ahead_m=(near, ahead))


def _as_taken(rng: np.random.Generator, image: Image) -> Image:
    """Light, blur, noise, grey at night, and compression, as cameras in stores have them."""
    gain = 1 + rng.normal(0, 0.06, 3)
    gamma = float(np.exp(rng.normal(0, 0.25)))
    levels = (np.arange(256) / 255) ** gamma * 255 * rng.uniform(0.7, 1.1) + rng.uniform(-8, 18)
    table = np.clip(levels[:, None] * gain, 0, 255).astype(np.uint8)
    image = np.asarray(cv2.LUT(image, np.ascontiguousarray(table)[None]), np.uint8)
    if rng.random() < 0.1:
        image = np.asarray(
            cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8
        )
    if rng.random() < 0.5:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.3))), np.uint8)
    noise = np.empty(image.shape, np.int8)
    cv2.setRNGSeed(int(rng.integers(2**31)))
    cv2.randn(noise, np.zeros(3), np.full(3, rng.uniform(0.5, 7)))
    image = np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(25, 90))
        packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return image
