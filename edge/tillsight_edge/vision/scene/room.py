"""The store around the people of a rendered scene: floor, walls, shelves, door, counter, light and lens."""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from ..frames import Image
from .drawing import Canvas, Colour, Point, shaded


@dataclass(frozen=True)
class View:
    """A camera that looks along the floor: metres on the ground become pixels."""

    width: int
    height: int
    horizon_px: float
    focal_px: float
    camera_m: float
    """Height of the camera above the floor."""

    def to_px(self, across_m: float, ahead_m: float, up_m: float = 0.0) -> Point:
        """Where a point is seen that lies `across_m` to the right and `ahead_m` in front of the camera."""
        scale = self.focal_px / max(0.3, ahead_m)
        return self.width / 2 + across_m * scale, self.horizon_px + (self.camera_m - up_m) * scale

    def to_ground(self, point: Point) -> Point:
        """(across_m, ahead_m) of a pixel below the horizon."""
        ahead = self.camera_m * self.focal_px / max(1.0, point[1] - self.horizon_px)
        return (point[0] - self.width / 2) * ahead / self.focal_px, ahead

    def px_per_m(self, ahead_m: float) -> float:
        """How large a metre is seen at a distance."""
        return self.focal_px / max(0.3, ahead_m)


@dataclass(frozen=True)
class Paint:
    """The colours of a store."""

    wall: Colour
    floor: Colour
    counter: Colour
    shelf: Colour


def random_paint(rng: np.random.Generator) -> Paint:
    """Mostly pale walls and floors, sometimes dark or coloured."""
    pale = rng.uniform(0.75, 1.0) if rng.random() < 0.75 else rng.uniform(0.3, 0.7)
    wall, floor, counter, shelf = (
        np.clip(base * pale * rng.uniform(0.8, 1.05, 3) + rng.normal(0, 8, 3), 15, 245)
        for base in (215, 175, 120 * rng.uniform(0.6, 1.7), 185)
    )
    return Paint(_colour(wall), _colour(floor), _colour(counter), _colour(shelf))


def draw_room(rng: np.random.Generator, view: View, paint: Paint, wall_px: float) -> Canvas:
    """A wall down to `wall_px`, a tiled floor in front of it, shelves, posters and a door at the right."""
    image = np.empty((view.height, view.width, 3), np.uint8)
    split = int(np.clip(wall_px, 0, view.height))
    image[:split] = _graded(paint.wall, split, rng.uniform(0.75, 1.0), rng.uniform(0.95, 1.1))
    image[split:] = _graded(
        paint.floor, view.height - split, rng.uniform(0.75, 0.95), rng.uniform(0.95, 1.15)
    )
    canvas = Canvas(image)
    _tiles(rng, canvas, view, paint, wall_px)
    canvas.line((0, wall_px), (view.width, wall_px), shaded(paint.wall, 0.6), view.height * 0.008)
    for place in _shelf_places(rng):
        _shelf(rng, canvas, view, paint, wall_px=wall_px, place=place)
    _posters(rng, canvas, view, wall_px)
    _door(rng, canvas, view, wall_px)
    return canvas


def _shelf_places(rng: np.random.Generator) -> list[tuple[float, float]]:
    """Shares of the width where shelves stand; the door's place stays free."""
    edges = np.sort(rng.uniform(0.0, 0.68, 4))
    return [(float(left), float(right)) for left, right in edges.reshape(2, 2) if right - left > 0.08]


def _graded(colour: Colour, rows: int, top: float, bottom: float) -> npt.NDArray[np.uint8]:
    light = np.linspace(top, bottom, max(1, rows), dtype=np.float32)[:rows, None, None]
    return np.asarray(np.clip(np.asarray(colour, np.float32) * light, 0, 255), np.uint8)


def _tiles(rng: np.random.Generator, canvas: Canvas, view: View, paint: Paint, wall_px: float) -> None:
    """Lines along and across the floor, in perspective."""
    if rng.random() < 0.25:
        return
    joint, step = shaded(paint.floor, rng.uniform(0.82, 0.94)), rng.uniform(0.5, 1.2)
    near = view.to_ground((0, view.height))[1]
    far = min(30.0, view.to_ground((0, max(wall_px, view.horizon_px + 2)))[1])
    for ahead in np.arange(near, far, step):
        y = view.to_px(0, float(ahead))[1]
        canvas.line((0, y), (view.width, y), joint)
    for across in np.arange(-14 * step, 14 * step, step):
        canvas.line(view.to_px(float(across), far), view.to_px(float(across), near), joint)


def _shelf(
    rng: np.random.Generator,
    canvas: Canvas,
    view: View,
    paint: Paint,
    *,
    wall_px: float,
    place: tuple[float, float],
) -> None:
    """A unit against the wall, full of goods."""
    left, right = place[0] * view.width, place[1] * view.width
    foot, top = wall_px + 0.03 * view.height, wall_px - rng.uniform(0.2, 0.34) * view.height
    canvas.polygon([(left, top), (right, top), (right, foot), (left, foot)], paint.shelf)
    boards = np.linspace(top, foot, int(rng.integers(3, 6)))
    hues = rng.uniform(40, 225, (5, 3))
    for upper, lower in pairwise(boards):
        x, room = left + 2, lower - upper
        while x < right - 4:
            wide = rng.uniform(0.012, 0.035) * view.width
            high = room * rng.uniform(0.45, 0.85)
            colour = _colour(np.clip(hues[rng.integers(5)] + rng.normal(0, 18, 3), 10, 245))
            end = min(right - 2, x + wide)
            canvas.polygon([(x, lower - high), (end, lower - high), (end, lower), (x, lower)], colour)
            x += wide * rng.uniform(1.0, 1.3)
        canvas.line((left, lower), (right, lower), shaded(paint.shelf, 0.6), view.height * 0.006)


def _posters(rng: np.random.Generator, canvas: Canvas, view: View, wall_px: float) -> None:
    for _ in range(rng.integers(0, 4)):
        x, y = rng.uniform(0, 0.9) * view.width, rng.uniform(-0.05, 0.4) * wall_px
        wide, high = rng.uniform(0.05, 0.16) * view.width, rng.uniform(0.1, 0.4) * wall_px
        colour = _colour(rng.uniform(40, 240, 3))
        canvas.polygon([(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)], colour)
        for line in np.linspace(0.25, 0.75, 3):
            canvas.line(
                (x + 0.15 * wide, y + line * high),
                (x + 0.85 * wide, y + line * high),
                shaded(colour, 0.6 if sum(colour) > 380 else 1.8),
                high * 0.06,
            )


def _door(rng: np.random.Generator, canvas: Canvas, view: View, wall_px: float) -> None:
    """Daylight comes through it."""
    left, right = 0.74 * view.width, rng.uniform(0.86, 0.92) * view.width
    top = wall_px - rng.uniform(0.24, 0.3) * view.height
    frame, sky = _colour(rng.uniform(60, 140, 3)), _colour(rng.uniform(190, 245, 3))
    canvas.polygon([(left, top), (right, top), (right, wall_px), (left, wall_px)], frame)
    edge = 0.01 * view.width
    middle = (left + right) / 2
    for x1, x2 in ((left + edge, middle - edge / 3), (middle + edge / 3, right - edge)):
        canvas.polygon([(x1, top + edge), (x2, top + edge), (x2, wall_px), (x1, wall_px)], sky)
        street = top + 0.62 * (wall_px - top)
        canvas.polygon([(x1, street), (x2, street), (x2, wall_px), (x1, wall_px)], shaded(sky, 0.75))


def draw_counter(
    canvas: Canvas,
    view: View,
    colour: Colour,
    *,
    across_m: tuple[float, float],
    ahead_m: tuple[float, float],
    high_m: float = 0.95,
) -> None:
    """A box on the floor: the side that faces us, the side towards the middle, and its top."""
    left, right = across_m
    near, far = ahead_m
    inner = right if right < 0 else left
    if left * right > 0:
        side = [(inner, near, 0.0), (inner, far, 0.0), (inner, far, high_m), (inner, near, high_m)]
        canvas.polygon([view.to_px(*corner) for corner in side], shaded(colour, 0.72))
    front = [(left, near, 0.0), (right, near, 0.0), (right, near, high_m), (left, near, high_m)]
    canvas.polygon([view.to_px(*corner) for corner in front], shaded(colour, 0.88))
    top = [(left, near, high_m), (right, near, high_m), (right, far, high_m), (left, far, high_m)]
    canvas.polygon([view.to_px(*corner) for corner in top], shaded(colour, 1.15))


def draw_till(canvas: Canvas, view: View, across_m: float, ahead_m: float, up_m: float) -> None:
    """A screen on a foot, and a card reader beside it."""
    x, y = view.to_px(across_m, ahead_m, up_m)
    size = view.px_per_m(ahead_m)
    canvas.polygon(_upright((x, y), 0.05 * size, 0.2 * size), (50, 50, 54))
    canvas.polygon(_upright((x, y - 0.14 * size), 0.2 * size, 0.28 * size), (34, 32, 32))
    canvas.polygon(_upright((x, y - 0.16 * size), 0.175 * size, 0.24 * size), (190, 150, 90))
    reader = (x + 0.26 * size, y + 0.06 * size)
    canvas.polygon(_upright(reader, 0.05 * size, 0.12 * size), (40, 40, 44))
    canvas.polygon(
        _upright((reader[0], reader[1] - 0.06 * size), 0.035 * size, 0.045 * size), (120, 190, 140)
    )


def _upright(foot: Point, half: float, high: float) -> list[Point]:
    x, y = foot
    return [(x - half, y - high), (x + half, y - high), (x + half, y), (x - half, y)]


def light_of(rng: np.random.Generator, width: int, height: int) -> npt.NDArray[np.float32]:
    """Factors [H,W,3] around 1: lamps, the lens' dark corners, and the colour of the light."""
    down, across = np.mgrid[-1 : 1 : complex(0, 9), -1 : 1 : complex(0, 12)]
    corners = 1 - rng.uniform(0.0, 0.28) * (down**2 + across**2) / 2
    x, y = rng.uniform(-1, 1, 2)
    lamp = 1 + rng.uniform(0.0, 0.3) * np.exp(-((across - x) ** 2 + (down - y) ** 2) * 2)
    cast = 1 + rng.normal(0, 0.045, 3)
    coarse = (corners * lamp)[:, :, None] * cast * rng.uniform(0.78, 1.08)
    return np.asarray(cv2.resize(coarse.astype(np.float32), (width, height)), np.float32)


def sensor_noise(rng: np.random.Generator, width: int, height: int, sigma: float) -> npt.NDArray[np.int8]:
    """Noise [H+64,W+64,3] to be cut at another place for each frame."""
    return np.clip(rng.normal(0, sigma, (height + 64, width + 64, 3)), -100, 100).astype(np.int8)


def with_noise(image: Image, noise: npt.NDArray[np.int8], offset: tuple[int, int]) -> Image:
    """The picture as a sensor gives it."""
    x, y = offset
    cut = noise[y : y + image.shape[0], x : x + image.shape[1]]
    return np.asarray(cv2.add(image, cut, dtype=cv2.CV_8U), np.uint8)


def _colour(values: npt.NDArray[np.float64]) -> Colour:
    return float(values[0]), float(values[1]), float(values[2])
