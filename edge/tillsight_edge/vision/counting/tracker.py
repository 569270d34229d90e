"""One person over several frames, by where the boxes are; nothing is known about how anybody looks."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tillsight_models.geometry import Box

from ..detections import Detection
from .sightings import Sighting, Track, nested, overlap, way, with_hidden_legs, with_suspected_legs


@dataclass(frozen=True)
class TrackerRules:
    """The numbers of the tracker; shares are of boxes, times in seconds."""

    score_high: float = 0.4
    """A box from here on can begin a track."""
    score_low: float = 0.28
    """A box from here on can continue one."""
    least_iou: float = 0.2
    """Between a box and where the person is expected."""
    lost_iou: float = 0.1
    """So much more overlap is asked of somebody who is out of sight: where they are is a guess."""
    unsure_way: float = 0.3
    """So far, in body heights, may the head be from one sighting to the next in a box that is not sure."""
    unsure_s: float = 3.0
    """Boxes that are not nearly sure continue somebody for so long."""
    widest: float = 1.1
    """Width per height from which on a box that is not clipped is no person, but a shadow or a table."""
    hits: int = 3
    """Sightings that make a track; with fewer it may be a slip of the detector."""
    young_age_s: float = 1.0
    """Whoever has fewer hits is forgotten when out of sight for so long."""
    max_age_s: float = 2.0
    """Whoever is out of sight for so long has gone; who appears there before is the same person."""
    relink_widths: float = 0.5
    """A new box so near to somebody out of sight, in box widths, is the same person."""
    nested: float = 0.75
    """A box with this share inside another one, or the other way round, is a second box of one person."""
    double_s: float = 0.6
    """Who is inside somebody's box for so long, and for most of the time, is a second box of them."""
    shrunk: float = 0.82
    """A box that is suddenly shorter than this share of the body, its head in place, has lost its legs."""
    memory_s: float = 2.5
    """How long sightings are remembered."""
    clipped_share: float = 0.02
    """Of the frame's height: a box that ends nearer to the lower edge is clipped by it."""


@dataclass
class _Person:
    """A track in the making."""

    number: int
    sightings: list[Sighting]
    hits: int = 1
    seen: bool = True
    in_view: bool = True
    """Seen in the frame before."""
    doubles: int = 0
    """Hits at which the box lay in somebody else's."""
    double_since: int = 0
    """When it first did."""
    sure_ms: int = 0
    """When they were last seen by a nearly sure detector."""

    @property
    def last(self) -> Sighting:
        return self.sightings[-1]

    def see(self, sighting: Sighting, rules: TrackerRules) -> None:
        memory_ms = rules.memory_s * 1000
        kept = [s for s in self.sightings if sighting.mono_ms - s.mono_ms <= memory_ms]
        self.sightings = [*kept, with_hidden_legs(sighting, self.sightings, rules.shrunk)]
        self.hits += 1
        self.seen = True
        self.sure_ms = sighting.mono_ms if sighting.nearly_sure else self.sure_ms

    def expected(self, mono_ms: int) -> Box:
        """Where the box should be by now; nobody is expected to walk on for long while out of sight."""
        ahead_ms = min(500, mono_ms - self.last.mono_ms)
        before = next(s for s in self.sightings if self.last.mono_ms - s.mono_ms <= 600)
        since_ms = self.last.mono_ms - before.mono_ms
        x1, y1, x2, y2 = self.last.box
        if since_ms == 0:
            return x1, y1, x2, y2
        way = ahead_ms / since_ms
        dx = (x1 + x2 - before.box[0] - before.box[2]) / 2 * way
        dy = (y1 + y2 - before.box[1] - before.box[3]) / 2 * way
        return x1 + dx, y1 + dy, x2 + dx, y2 + dy


class Tracker:
    """Greedy matching by overlap, sure boxes before unsure ones as in ByteTrack, with constant velocity.

    Enough for the ten people or so in view of a till. Time comes from the frames alone.
    """

    def __init__(self, rules: TrackerRules | None = None) -> None:
        self._rules = rules or TrackerRules()
        self._people: list[_Person] = []
        self._born = 0

    @property
    def settled(self) -> bool:
        """Everybody was seen in the last frame, often enough to be sure of them."""
        return all(person.seen and person.hits >= self._rules.hits for person in self._people)

    @property
    def watches(self) -> bool:
        """Somebody is there, or may come back."""
        return bool(self._people)

    def update(self, boxes: Iterable[Detection], mono_ms: int, frame_height: float) -> list[Track]:
        """Everybody who is known in the frame, seen or out of sight, in the order in which they came."""
        rules = self._rules
        floor = frame_height * (1 - rules.clipped_share)
        found = [
            Sighting(
                mono_ms,
                (box.x1, box.y1, box.x2, box.y2),
                certainty=min(1.0, box.score / rules.score_high),
                clipped=box.y2 >= floor,
            )
            for box in sorted(boxes, key=lambda box: -box.score)
            if box.width > 0 and box.height > 0
        ]
        self._forget(mono_ms)
        for person in self._people:
            person.in_view, person.seen = person.seen, False
        weak = [sighting for sighting in found if not sighting.sure]
        sure = [with_suspected_legs(sighting, weak) for sighting in found if sighting.sure]
        unsure = [sighting for sighting in weak if sighting.certainty >= rules.score_low / rules.score_high]
        left_over = self._continue(sure, mono_ms)
        self._continue(unsure, mono_ms)
        self._begin(self._relink(left_over))
        self._drop_doubles(mono_ms)
        return self._tracks()

    def hold(self, mono_ms: int) -> list[Track]:
        """Nothing moved since the last frame: whoever was seen is still where they were."""
        self._forget(mono_ms)
        for person in self._people:
            if person.seen:
                person.see(replace(person.last, mono_ms=mono_ms), self._rules)
        self._drop_doubles(mono_ms)
        return self._tracks()

    def _tracks(self) -> list[Track]:
        return [
            Track(person.number, tuple(person.sightings), person.seen)
            for person in self._people
            if person.hits >= self._rules.hits
        ]

    def _continue(self, found: list[Sighting], mono_ms: int) -> list[Sighting]:
        """Match by overlap, the best pair first; the boxes that are left over."""
        people = [person for person in self._people if not person.seen]
        expected = [person.expected(mono_ms) for person in people]
        pairs = sorted(
            (-overlap(box, s.box) + (0.0 if people[p].in_view else self._rules.lost_iou), p, f)
            for p, box in enumerate(expected)
            for f, s in enumerate(found)
        )
        taken: set[int] = set()
        for cost, p, f in pairs:
            if -cost < self._rules.least_iou:
                break
            if not people[p].seen and f not in taken and self._may_be(people[p], found[f]):
                people[p].see(found[f], self._rules)
                taken.add(f)
        return [sighting for f, sighting in enumerate(found) if f not in taken]

    def _may_be(self, person: _Person, found: Sighting) -> bool:
        """Whether a box, should it not be sure, is good enough to continue somebody."""
        if found.sure:
            return True
        if not found.nearly_sure and found.mono_ms - person.sure_ms > 1000 * self._rules.unsure_s:
            return False
        return way(person.last.head, found.head) <= self._rules.unsure_way * person.last.height

    def _relink(self, found: list[Sighting]) -> list[Sighting]:
        """Give boxes to people who were lost nearby; the boxes that are left over."""
        left_over = []
        for sighting in found:
            lost = [person for person in self._people if not person.seen]
            near = [(_widths_apart(person.last, sighting), person) for person in lost]
            away, person = min(near, key=lambda item: item[0], default=(float("inf"), None))
            if person is None or away > self._rules.relink_widths:
                left_over.append(sighting)
            else:
                person.see(sighting, self._rules)
        return left_over

    def _begin(self, found: list[Sighting]) -> None:
        """New tracks, for the taller boxes first; none for a second box of somebody who is seen already."""
        for sighting in sorted(found, key=lambda s: -s.height):
            seen = [person.last for person in self._people if person.seen]
            stout = not sighting.clipped and sighting.width > self._rules.widest * sighting.height
            if not stout and not any(self._lies_in(sighting, other) for other in seen):
                self._born += 1
                self._people.append(_Person(self._born, [sighting], sure_ms=sighting.mono_ms))

    def _drop_doubles(self, mono_ms: int) -> None:
        """End tracks that have followed a part of somebody for a while."""
        seen = [person for person in self._people if person.seen]
        for person in seen:
            if any(self._is_part(person.last, other.last) for other in seen if other is not person):
                person.double_since = person.double_since if person.doubles else mono_ms
                person.doubles += 1
        latest_ms = mono_ms - 1000 * self._rules.double_s
        self._people = [
            person
            for person in self._people
            if 2 * person.doubles <= person.hits or person.double_since > latest_ms
        ]

    def _is_part(self, part: Sighting, whole: Sighting) -> bool:
        """A child before a grown-up is none: it is as sure as they are, lower, and not too small."""
        share, below = part.height / whole.height, (part.head[1] - whole.head[1]) / whole.height
        if share >= 1 or not self._lies_in(part, whole):
            return False
        return not part.sure or below < 0.15 or share < 0.45

    def _lies_in(self, part: Sighting, whole: Sighting) -> bool:
        """Or the other way round; where the feet of a body are is not known to the pixel."""
        x1, y1, x2, y2 = whole.body
        return nested(part.box, (x1, y1, x2, y2 + 0.1 * whole.height)) >= self._rules.nested

    def _forget(self, mono_ms: int) -> None:
        rules = self._rules
        self._people = [
            person
            for person in self._people
            if mono_ms - person.last.mono_ms
            <= 1000 * (rules.max_age_s if person.hits >= rules.hits else rules.young_age_s)
        ]


def _widths_apart(lost: Sighting, new: Sighting) -> float:
    """Between feet or heads, whichever are nearer, in widths of the wider box."""
    return min(way(lost.foot, new.foot), way(lost.head, new.head)) / max(lost.width, new.width)
