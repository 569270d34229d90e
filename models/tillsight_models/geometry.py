"""Where things are in the picture: zones and lines, and what is wrong with those that a site has drawn."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Protocol, TypeAlias

Point: TypeAlias = tuple[float, float]
Polygon: TypeAlias = Sequence[Point]
"""Corners in order, in shares of the frame; two points are opposite corners of an upright rectangle."""
Box: TypeAlias = tuple[float, float, float, float]
"""x1, y1, x2, y2; y goes down."""

FRAME: Box = (0.0, 0.0, 1.0, 1.0)
LEAST_AREA = 0.001
"""Of the frame: less is a slip of the mouse."""
LEAST_LENGTH = 0.02
"""Of the frame: nobody is seen to cross a shorter line."""
EDGE = 0.02
"""Of the frame: whoever crosses a line this close to its edge is only seen on one side."""


@dataclass(frozen=True)
class Zone:
    """A polygon, in whatever unit its corners have."""

    corners: tuple[Point, ...]

    @classmethod
    def of(cls, polygon: Sequence[Point], width: float = 1.0, height: float = 1.0) -> "Zone":
        """A polygon in shares of a frame, in pixels of it; two points are corners of an upright rectangle."""
        points = [(x * width, y * height) for x, y in polygon]
        if len(points) == 2:
            (x1, y1), (x2, y2) = points
            points = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
        return cls(tuple(points))

    @property
    def area(self) -> float:
        return _area(self.corners)

    @property
    def edges(self) -> Iterator[tuple[Point, Point]]:
        """Each side once, the last one back to the first corner."""
        return zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True)

    def contains(self, point: Point) -> bool:
        """Whether the point lies inside; a point on the border may be on either side."""
        x, y = point
        inside = False
        for (x1, y1), (x2, y2) in self.edges:
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
        return inside

    def part_in(self, box: Box) -> float:
        """Area of the zone inside the box."""
        return _area(_clipped(self.corners, box))

    def share_of(self, box: Box) -> float:
        """Share of the box that lies in the zone, 0..1."""
        area = (box[2] - box[0]) * (box[3] - box[1])
        return min(1.0, self.part_in(box) / area) if area > 0 else 0.0

    def distance_to(self, point: Point) -> float:
        """From the point to the border, 0 or less of them inside: the further in, the less."""
        nearest = min(_to_segment(point, start, end) for start, end in self.edges)
        return -nearest if self.contains(point) else nearest


@dataclass(frozen=True)
class Line:
    """A line with a direction; its right is where a walker from start to end has the right hand."""

    start: Point
    end: Point

    @classmethod
    def of(cls, line: tuple[Point, Point], width: float = 1.0, height: float = 1.0) -> "Line":
        """A line in shares of a frame, in pixels of it."""
        (x1, y1), (x2, y2) = line
        return cls((x1 * width, y1 * height), (x2 * width, y2 * height))

    @property
    def length(self) -> float:
        return hypot(self.end[0] - self.start[0], self.end[1] - self.start[1])

    def right_of(self, point: Point) -> float:
        """How far the point lies to the right of the endless line; less than 0 on its left."""
        return _turn(self.start, self.end, point) / self.length

    def crossed_by(self, before: Point, after: Point) -> bool:
        """Whether the way from one point to another passes between the line's ends."""
        return _cross(self.start, self.end, before, after)


def crosses_itself(zone: Zone) -> bool:
    """Whether two sides of the polygon that are no neighbours touch each other."""
    edges = list(zone.edges)
    count = len(edges)
    return any(
        _cross(*edges[one], *edges[other])
        for one in range(count)
        for other in range(one + 2, count)
        if (one, other) != (0, count - 1)
    )


def _area(corners: Sequence[Point]) -> float:
    """By the shoelace formula, whatever the order of the corners."""
    after = (*corners[1:], *corners[:1])
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(corners, after, strict=True))) / 2


def _clipped(corners: Sequence[Point], box: Box) -> list[Point]:
    """The polygon's part in the box, by Sutherland and Hodgman; the box is convex, so any polygon will do."""
    left, top, right, bottom = box
    part = list(corners)
    part = _half(part, lambda p: p[0] - left)
    part = _half(part, lambda p: right - p[0])
    part = _half(part, lambda p: p[1] - top)
    return _half(part, lambda p: bottom - p[1])


def _half(corners: list[Point], inside: Callable[[Point], float]) -> list[Point]:
    """What is left of a polygon where `inside` is not negative; `inside` is linear."""
    kept: list[Point] = []
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        here, there = inside(start), inside(end)
        if here >= 0:
            kept.append(start)
        if (here >= 0) != (there >= 0):
            share = here / (here - there)
            kept.append((start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])))
    return kept


def _turn(start: Point, end: Point, point: Point) -> float:
    """Twice the area of the triangle; more than 0 where the point lies to the right, because y goes down."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the segments a-b and c-d meet; touching is meeting."""
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns == (0, 0, 0, 0):
        return all(max(a[i], b[i]) >= min(c[i], d[i]) and max(c[i], d[i]) >= min(a[i], b[i]) for i in (0, 1))
    return turns[0] * turns[1] <= 0 and turns[2] * turns[3] <= 0


def _to_segment(point: Point, start: Point, end: Point) -> float:
    dx, dy = end[0] - start[0], end[1] - start[1]
    squared = dx * dx + dy * dy
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / squared if squared else 0.0
    nearest = min(1.0, max(0.0, along))
    return hypot(point[0] - start[0] - nearest * dx, point[1] - start[1] - nearest * dy)


class Drawn(Protocol):
    """What is drawn into a camera's picture."""

    @property
    def zone(self) -> Polygon | None: ...
    @property
    def staff_zones(self) -> Sequence[Polygon]: ...
    @property
    def queue_zone(self) -> Polygon | None: ...
    @property
    def entrance_line(self) -> tuple[Point, Point] | None: ...
    @property
    def entrance_zone(self) -> Polygon | None: ...


class Counting(Drawn, Protocol):
    """All that decides what a camera counts."""

    @property
    def entrance(self) -> str | None: ...
    @property
    def counts_visitors(self) -> bool: ...
    @property
    def frame_rate_hz(self) -> float: ...
    @property
    def min_dwell_s(self) -> float: ...
    @property
    def leave_gap_s(self) -> float: ...


def lint(camera: Counting, name: str) -> list[str]:
    """What is wrong with what a camera is to count, one line each, with the setting's full name."""
    problems = [*_about_zones(camera), *_about_times(camera), *_about_entrance(camera)]
    if camera.zone is None and camera.queue_zone is None and not camera.counts_visitors:
        problems.append(
            ("zone", "None", "there is no zone, queue_zone or entrance: this camera counts nothing")
        )
    return [f"cameras.{name}.{setting}: {value}: {what}" for setting, value, what in problems]


Problem: TypeAlias = tuple[str, str, str]
"""Setting, its value, and what is wrong with it."""


def drawn_problems(drawn: Drawn) -> list[Problem]:
    """What is wrong with the drawing alone, whatever the camera's other settings are."""
    return [*_about_zones(drawn), *(_about_line(drawn.entrance_line) if drawn.entrance_line else ())]


def _about_zones(camera: Drawn) -> Iterator[Problem]:
    drawn = {"zone": camera.zone, "queue_zone": camera.queue_zone, "entrance_zone": camera.entrance_zone}
    named = {setting: polygon for setting, polygon in drawn.items() if polygon is not None}
    staff = {f"staff_zones.{index}": polygon for index, polygon in enumerate(camera.staff_zones)}
    sound = True
    for setting, polygon in (named | staff).items():
        for problem in _about_shape(setting, polygon):
            sound = False
            yield problem
    if not sound:
        return
    for setting, polygon in named.items():
        if _cover(camera.staff_zones, polygon):
            yield setting, _told(polygon), "lies in staff_zones, where nobody is ever seen"
    if camera.zone and camera.queue_zone and _cover([camera.queue_zone], camera.zone):
        yield "queue_zone", _told(camera.queue_zone), "covers the whole zone: who waits would be served"


def _about_shape(setting: str, polygon: Polygon) -> Iterator[Problem]:
    zone = Zone.of(polygon)
    if zone.area < LEAST_AREA:
        yield setting, _told(polygon), f"should cover at least {LEAST_AREA:.1%} of the frame"
    elif crosses_itself(zone):
        yield setting, _told(polygon), "crosses itself: the corners should go round"
    elif zone.part_in(FRAME) < LEAST_AREA:
        yield setting, _told(polygon), "lies outside the frame, which goes from 0 to 1"


def _about_times(camera: Counting) -> Iterator[Problem]:
    frame_s = 1 / camera.frame_rate_hz
    rate = f"at {camera.frame_rate_hz:g} frames a second"
    if camera.min_dwell_s < 2 * frame_s:
        yield (
            "min_dwell_s",
            f"{camera.min_dwell_s:g}",
            f"should be at least two frames, {2 * frame_s:g} s {rate}",
        )
    if camera.leave_gap_s < frame_s:
        yield "leave_gap_s", f"{camera.leave_gap_s:g}", f"should be at least a frame, {frame_s:g} s {rate}"


def _about_entrance(camera: Counting) -> Iterator[Problem]:
    if camera.entrance is not None and not camera.counts_visitors:
        yield "entrance", repr(camera.entrance), "needs entrance_line or entrance_zone"
    if camera.entrance_line is not None:
        yield from _about_line(camera.entrance_line)


def _about_line(points: tuple[Point, Point]) -> Iterator[Problem]:
    line = Line.of(points)
    inner = (EDGE, EDGE, 1 - EDGE, 1 - EDGE)
    if line.length < LEAST_LENGTH:
        yield "entrance_line", _told(points), f"should be at least {LEAST_LENGTH:.0%} of the frame long"
    elif _length_in(line, FRAME) < LEAST_LENGTH:
        yield "entrance_line", _told(points), "lies outside the frame, which goes from 0 to 1"
    elif _length_in(line, inner) < LEAST_LENGTH:
        yield "entrance_line", _told(points), "lies along the frame's edge: nobody is seen on both sides"


def _cover(covers: Sequence[Polygon], polygon: Polygon) -> bool:
    """Whether every part of a polygon that is in the frame, down to a fortieth of it, is covered."""
    zone, zones = Zone.of(polygon), [Zone.of(cover) for cover in covers]
    xs, ys = zip(*zone.corners, strict=True)
    steps = [(i + 0.5) / 40 for i in range(40)]
    left, right = max(0.0, min(xs)), min(1.0, max(xs))
    top, bottom = max(0.0, min(ys)), min(1.0, max(ys))
    points = [(left + (right - left) * x, top + (bottom - top) * y) for x in steps for y in steps]
    return all(any(cover.contains(point) for cover in zones) for point in points if zone.contains(point))


def _length_in(line: Line, box: Box) -> float:
    """How much of a line lies inside a box."""
    steps = 200
    (x1, y1), (x2, y2) = line.start, line.end
    points = [(x1 + (x2 - x1) * (i + 0.5) / steps, y1 + (y2 - y1) * (i + 0.5) / steps) for i in range(steps)]
    inside = sum(box[0] < x < box[2] and box[1] < y < box[3] for x, y in points)
    return line.length * inside / steps


def _told(points: Sequence[Point]) -> str:
    return str([[round(x, 3), round(y, 3)] for x, y in points])
