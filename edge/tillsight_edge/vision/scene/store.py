"""A store that the product draws itself: for the demo, and for pictures whose truth is known exactly."""

from dataclasses import dataclass, field
from math import atan2, degrees, pi, sin

import cv2
import numpy as np

from ..frames import Box, Image
from .drawing import Canvas, Point
from .looks import Looks, random_looks
from .people import Drawn, Pose, draw_person
from .room import View, draw_counter, draw_room, draw_till, light_of, random_paint, sensor_noise, with_noise
from .script import SceneScript, Visit, along, busy_till, length

TILL_ZONE: tuple[Point, ...] = ((0.3, 0.78), (0.68, 0.78), (0.68, 0.97), (0.3, 0.97))
"""Where customers stand, as shares of the picture."""
STAFF_ZONE: tuple[Point, ...] = ((0.0, 0.2), (0.26, 0.2), (0.26, 1.0), (0.0, 1.0))
"""Where the seller is seen."""
ENTRANCE_LINE: tuple[Point, Point] = ((0.64, 0.5), (1.0, 0.5))
"""On the floor in front of the door; who comes in crosses it downwards."""

COUNTER_ACROSS_M, COUNTER_AHEAD_M = (-1.5, -0.78), (2.6, 5.0)
SELLER_M: Point = (-2.0, 4.2)
SELLER = 255
STEP_M = 0.7
TURN_S = 0.5
"""In which somebody turns to the counter."""
SEEN_SHARE = 0.3
"""Of somebody's own pixels; who is hidden more is not in the truth of a picture."""
MIN_PERSON_PX, MIN_FACE_PX = 12, 5


@dataclass(frozen=True)
class Rendered:
    """A picture and its truth."""

    image: Image = field(repr=False)
    persons: tuple[Box, ...]
    """Around what is seen of each."""
    faces: tuple[Box, ...]
    serving: int
    """How many customers stand at the till."""
    served: int
    """Customers who have left the till since the beginning."""


@dataclass(frozen=True)
class _Walker:
    """A visit with its ways on the ground, in metres."""

    visit: Visit
    looks: Looks
    arriving: tuple[Point, ...]
    leaving: tuple[Point, ...]

    @property
    def arrive_s(self) -> float:
        return self.visit.start_s + length(self.arriving) / self.visit.speed_mps

    @property
    def depart_s(self) -> float:
        return self.arrive_s + self.visit.dwell_s

    @property
    def end_s(self) -> float:
        return self.depart_s + length(self.leaving) / self.visit.speed_mps

    def place(self, t_s: float) -> tuple[Point, Pose] | None:
        """Where they are on the ground and how; None before they come and after they have gone."""
        if not self.visit.start_s <= t_s < self.end_s:
            return None
        if self.arrive_s <= t_s < self.depart_s:
            return self.arriving[-1], self._standing(t_s)
        back = t_s >= self.depart_s
        path, since = (self.leaving, self.depart_s) if back else (self.arriving, self.visit.start_s)
        walked = (t_s - since) * self.visit.speed_mps
        spot, (across, ahead) = along(path, walked)
        yaw = degrees(atan2(across, -ahead))
        return spot, Pose(yaw, 0, pi * walked / STEP_M, 0.13, mood=self.visit.mood)

    def _standing(self, t_s: float) -> Pose:
        """Turned a little to the counter at the left, looking up now and then, paying."""
        since = t_s - self.arrive_s
        turned = min(1.0, since / TURN_S, max(0.0, (self.depart_s - t_s) / TURN_S))
        look = 18 * sin(0.9 * since + self.visit.looks_seed) + 6 * sin(2.3 * since)
        reach = turned * max(0.0, sin(0.7 * since - 0.8))
        return Pose(-18 * turned + 2 * sin(1.7 * since), look, mood=self.visit.mood, reach=reach)


class StoreScene:
    """A till, a seller and the customers of a script; the same seed and time draw the same picture."""

    def __init__(
        self, seed: int, width: int = 640, height: int = 480, script: SceneScript | None = None
    ) -> None:
        rng = np.random.default_rng([seed, 2])
        self._seed = seed
        self._script = script or busy_till(seed)
        self._view = View(
            width, height, rng.uniform(0.13, 0.17) * height, 0.78 * width, rng.uniform(2.3, 2.5)
        )
        self._paint = random_paint(rng)
        self._room = draw_room(rng, self._view, self._paint, 0.4 * height).image
        self._light = light_of(rng, width, height)
        self._noise = sensor_noise(rng, width, height, rng.uniform(2.0, 4.0))
        self._seller = random_looks(rng)
        self._walkers = [self._walker(visit) for visit in self._script.visits]

    @property
    def duration_s(self) -> float:
        """After which the script begins again."""
        return self._script.duration_s

    def truth(self) -> list[tuple[float, float]]:
        """(arrive_s, depart_s) of everybody who is served in one round, in the order of arrival."""
        return sorted((walker.arrive_s, walker.depart_s) for walker in self._walkers if walker.visit.served)

    def render(self, t_s: float) -> Rendered:
        """The picture at a time since the beginning."""
        now = t_s % self._script.duration_s
        canvas = Canvas(self._room.copy())
        drawn = [self._draw_seller(canvas, t_s)]
        draw_counter(
            canvas,
            self._view,
            self._paint.counter,
            across_m=COUNTER_ACROSS_M,
            ahead_m=COUNTER_AHEAD_M,
        )
        draw_till(canvas, self._view, -1.1, 4.0, 0.95)
        drawn += self._draw_walkers(canvas, now)
        persons, faces = truth_of(canvas, drawn)
        rounds = int(t_s // self._script.duration_s)
        truth = self.truth()
        return Rendered(
            self._exposed(canvas.image, t_s),
            persons,
            faces,
            serving=sum(arrive <= now < depart for arrive, depart in truth),
            served=rounds * len(truth) + sum(depart <= now for _, depart in truth),
        )

    def _walker(self, visit: Visit) -> _Walker:
        looks = random_looks(np.random.default_rng([self._seed, 3, visit.looks_seed]))
        arriving, leaving = (
            tuple(self._view.to_ground((x * self._view.width, y * self._view.height)) for x, y in way)
            for way in (visit.arriving, visit.leaving)
        )
        return _Walker(visit, looks, arriving, leaving)

    def _draw_seller(self, canvas: Canvas, t_s: float) -> Drawn:
        pose = Pose(70 + 4 * sin(0.6 * t_s), 10 * sin(0.35 * t_s), reach=max(0.0, sin(0.5 * t_s)))
        return self._draw(canvas, SELLER_M, self._seller, pose, SELLER)

    def _draw_walkers(self, canvas: Canvas, now_s: float) -> list[Drawn]:
        """Those further away first."""
        here = [(place, walker) for walker in self._walkers if (place := walker.place(now_s)) is not None]
        here.sort(key=lambda each: -each[0][0][1])
        return [
            self._draw(canvas, spot, walker.looks, pose, owner)
            for owner, ((spot, pose), walker) in enumerate(here, start=1)
        ]

    def _draw(self, canvas: Canvas, spot: Point, looks: Looks, pose: Pose, owner: int) -> Drawn:
        height_px = looks.height_m * self._view.px_per_m(spot[1])
        return draw_person(canvas, self._view.to_px(*spot), looks, pose, height_px=height_px, owner=owner)

    def _exposed(self, image: Image, t_s: float) -> Image:
        rng = np.random.default_rng([self._seed, 4, round(t_s * 1000)])
        lit = cv2.multiply(image, self._light, dtype=cv2.CV_8U)
        soft = np.asarray(cv2.GaussianBlur(lit, (0, 0), 0.0009 * self._view.width + 0.1), np.uint8)
        return with_noise(soft, self._noise, (int(rng.integers(64)), int(rng.integers(64))))


def truth_of(canvas: Canvas, drawn: list[Drawn]) -> tuple[tuple[Box, ...], tuple[Box, ...]]:
    """Boxes of the persons and faces that can still be seen now that everything is drawn."""
    persons, faces = [], []
    for each in drawn:
        if each.box is None:
            continue
        pixels, box = canvas.seen(each.owner, each.box)
        if box is None or pixels < SEEN_SHARE * each.pixels or box[3] - box[1] < MIN_PERSON_PX:
            continue
        persons.append(box)
        if each.face is not None and _face_is_seen(canvas, each.owner, each.face):
            faces.append(each.face)
    return tuple(persons), tuple(faces)


def _face_is_seen(canvas: Canvas, owner: int, face: Box) -> bool:
    pixels, box = canvas.seen(owner, face)
    area = (face[2] - face[0]) * (face[3] - face[1])
    return box is not None and pixels > 0.6 * area and face[2] - face[0] >= MIN_FACE_PX
