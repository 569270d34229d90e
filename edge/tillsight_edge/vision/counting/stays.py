"""Who stands in a zone, since when, and until when: the part that contacts and queues share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import hypot, inf
from statistics import median

from tillsight_models.geometry import Box, Point, Zone

from .sightings import Sighting, Track, nested, overlap


@dataclass(frozen=True)
class StayRules:
    """The numbers of standing; lengths are in body heights, so they hold near and far."""

    slow: float = 0.25
    """Body heights a second: whoever is faster walks."""
    over_s: float = 1.0
    """The time over which speed is measured."""
    least_s: float = 0.6
    """Nothing is said about the speed of somebody who is known for less."""
    hidden_share: float = 0.5
    """Share of the box in the zone that counts where the feet cannot be seen, or stand just outside."""
    border: float = 0.08
    """So far outside the zone is still inside for somebody who stands there."""
    late_s: float = 0.2
    """Speed over `over_s` tells so much too late that somebody walks; that they stand, half as much."""
    changed_s: float = 2.0
    """For so long somebody who is lost in the zone may be found again as another track."""
    leave_gap_s: float = 1.0
    """Out of the zone for so long: left. Standing still again sooner: never gone."""


@dataclass
class Stay:
    """One person's time in a zone. Times are of the frames, in ms."""

    track: int
    enter_ms: int
    """When they came to stand."""
    leave_ms: int
    """When they last stood."""
    body: Box
    """Where they stand, averaged over the last second or so."""
    stood_ms: int = 0
    """How long they stood; included are steps for up to `leave_gap_s`, and times out of sight."""
    frames: int = 0
    observed: int = 0
    """Frames in which they were seen, of `frames` up to `leave_ms`."""
    sure: int = 0
    """Of them, those in which the detector was sure, or nearly so."""
    standing: bool = True
    """In this frame."""
    sure_ms: int = 0
    """When they were last seen standing by a nearly sure detector."""
    walked: bool = False
    """Since they last stood they were seen to walk."""
    inside_ms: int = 0
    """When they were last in the zone, standing or walking."""
    half_ms: int = 0
    """Half the time between two frames: by so much earlier or later it may have been."""
    pending: list[Sighting | None] = field(default_factory=list)
    """The frames since they last stood; None: not seen."""

    @property
    def quality(self) -> float:
        """Share of the stay's frames in which the person was seen, 0..1."""
        return self.observed / self.frames if self.frames else 1.0

    def count(self, frames: Sequence[Sighting | None]) -> None:
        """So many more frames belong to the stay."""
        seen = [sighting for sighting in frames if sighting is not None]
        self.frames += len(frames)
        self.observed += len(seen)
        self.sure += sum(sighting.nearly_sure for sighting in seen)


class Stays:
    """Follows everybody who stands in one zone."""

    def __init__(self, zone: Zone, rules: StayRules | None = None) -> None:
        self._zone = zone
        self._rules = rules or StayRules()
        self._stays: dict[int, Stay] = {}
        self.given_up: list[int] = []
        """Tracks which by the last frame another one has followed in somebody's stay."""
        self._before_ms: int | None = None
        """When the last frame was."""

    @property
    def current(self) -> list[Stay]:
        """Stays that go on, the eldest first."""
        return list(self._stays.values())

    def update(self, tracks: Sequence[Track], mono_ms: int) -> list[Stay]:
        """The stays that have ended by this frame."""
        known = {track.number: track for track in tracks}
        since_ms = 0 if self._before_ms is None else mono_ms - self._before_ms
        self._before_ms = mono_ms
        self.given_up = []
        for track in tracks:
            self._follow(track, known, mono_ms, min(500, since_ms // 2))
        gap_ms = self._rules.leave_gap_s * 1000
        return self._end(
            [
                stay
                for stay in self._stays.values()
                if stay.track not in known or (known[stay.track].seen and mono_ms - stay.inside_ms >= gap_ms)
            ]
        )

    def finish(self) -> list[Stay]:
        """No more frames: whoever is still there leaves now."""
        return self._end(self.current)

    def _end(self, stays: list[Stay]) -> list[Stay]:
        for stay in stays:
            del self._stays[stay.track]
            later_ms = stay.half_ms - (round(self._rules.late_s * 1000) if stay.walked else 0)
            stay.leave_ms += later_ms
            stay.stood_ms += later_ms
        return stays

    def _follow(self, track: Track, known: Mapping[int, Track], mono_ms: int, half_ms: int) -> None:
        stay = self._stays.get(track.number)
        inside = track.seen and self._inside(track.last, stay is not None)
        standing = inside and self._stands(track)
        if stay is None:
            if not standing or not self._was_inside(track, mono_ms) or self._is_here(track):
                return
            stay = self._continued(track, known, mono_ms)
            if stay is None:
                self._stays[track.number] = self._entered(track, half_ms)
                return
        stay.inside_ms = mono_ms if inside else stay.inside_ms
        stay.pending.append(track.last if track.seen else None)
        stay.standing = standing
        stay.walked |= track.seen and not standing
        if standing and track.last.nearly_sure:
            stay.sure_ms = mono_ms
        if standing and mono_ms - stay.sure_ms <= self._rules.leave_gap_s * 1000:
            stay.half_ms = half_ms
            self._stood(stay, track.last)

    def _stood(self, stay: Stay, now: Sighting) -> None:
        """One more frame in which the person stands."""
        gap_ms = now.mono_ms - stay.leave_ms
        if not stay.walked or gap_ms <= self._rules.leave_gap_s * 1000:
            stay.stood_ms += gap_ms
        stay.leave_ms, stay.body = now.mono_ms, _towards(stay.body, now.body)
        stay.count(stay.pending)
        stay.pending.clear()
        stay.walked = False

    def _is_here(self, track: Track) -> bool:
        """Whether the track is a second one of somebody who stands there: head at head, body in body."""
        body = track.last.body
        return any(
            stay.standing
            and nested(stay.body, body) >= 0.75
            and abs(stay.body[1] - body[1]) < 0.15 * max(stay.body[3] - stay.body[1], track.last.height)
            for stay in self._stays.values()
        )

    def _continued(self, track: Track, known: Mapping[int, Track], mono_ms: int) -> Stay | None:
        """Whose stay goes on under this track: somebody walked past, and the two tracks changed places."""
        for stay in list(self._stays.values()):
            lost = known.get(stay.track)
            if lost is None or stay.standing or mono_ms - stay.leave_ms > self._rules.changed_s * 1000:
                continue
            born = track.sightings[0]
            began_here = born.mono_ms >= stay.leave_ms and _same_place(stay.body, born.body)
            lost_here = not lost.seen and _same_place(stay.body, lost.last.body)
            if _same_place(stay.body, track.last.body) and (began_here or lost_here):
                self.given_up.append(stay.track)
                del self._stays[stay.track]
                stay.track = track.number
                self._stays[track.number] = stay
                return stay
        return None

    def _entered(self, track: Track, half_ms: int) -> Stay:
        """Standing is known after a while only; somebody who was first seen standing stood from then on."""
        last, first = track.last, track.sightings[0]
        since, late_ms = last, round(self._rules.late_s * 500)
        young = last.mono_ms - first.mono_ms <= 1000 * (self._rules.over_s + 0.25)
        if (
            young
            and self._inside(first, False)
            and _between(first.foot, last.foot) <= self._rules.border * last.height
        ):
            since, late_ms = first, 0
        stay = Stay(
            track.number,
            since.mono_ms - half_ms - late_ms,
            last.mono_ms,
            last.body,
            stood_ms=last.mono_ms - since.mono_ms + half_ms + late_ms,
            sure_ms=last.mono_ms,
            inside_ms=last.mono_ms,
            half_ms=half_ms,
        )
        stay.count([sighting for sighting in track.sightings if sighting.mono_ms >= since.mono_ms])
        return stay

    def _inside(self, sighting: Sighting, stays: bool) -> bool:
        """Whether the feet are in the zone, or most of a body whose feet cannot tell."""
        if not sighting.clipped:
            border = self._rules.border * sighting.height if stays else 0.0
            if self._zone.distance_to(sighting.foot) <= border:
                return True
        return self._zone.share_of(sighting.box) >= self._rules.hidden_share

    def _was_inside(self, track: Track, mono_ms: int) -> bool:
        """Half a second ago, too: whoever comes walking out of standing elsewhere is not that slow."""
        over_s = self._rules.over_s
        before = [s for s in track.sightings if 500 * over_s <= mono_ms - s.mono_ms < 900 * over_s]
        return not before or self._inside(before[-1], stays=True)

    def _stands(self, track: Track) -> bool:
        return speed(track, self._rules.over_s, self._rules.least_s) < self._rules.slow


def speed(track: Track, over_s: float, least_s: float) -> float:
    """Body heights a second over the last while; infinite while too little is known.

    The median of the slopes between all pairs of sightings (Theil and Sen), so that a box that jumps for a
    frame or two is no walk. Head and feet have to rest: at the frame's edge one of them seems to.
    """
    last = track.last
    whole = _of_one(track.sightings)
    recent = [s for s in whole if last.mono_ms - s.mono_ms <= over_s * 1000]
    recent = recent if len(recent) >= 3 else whole[-3:]
    if last.mono_ms - recent[0].mono_ms < least_s * 1000:
        return inf
    recent = recent[:: -(-len(recent) // 12)]
    across = _slope(recent, [s.head[0] for s in recent])
    head = _slope(recent, [s.head[1] for s in recent])
    foot = 0.0 if last.clipped else _slope(recent, [s.foot[1] for s in recent])
    return hypot(across, max(abs(head), abs(foot))) / median(s.height for s in recent)


def _of_one(sightings: Sequence[Sighting]) -> list[Sighting]:
    """The last ones that are surely of one person: not those before a gap after which they are elsewhere."""
    breaks = [
        number
        for number, (one, after) in enumerate(pairwise(sightings), 1)
        if after.mono_ms - one.mono_ms > 600 and _between(one.head, after.head) > 0.25 * after.height
    ]
    return list(sightings[breaks[-1] if breaks else 0 :])


def _slope(sightings: Sequence[Sighting], values: Sequence[float]) -> float:
    """Pixels a second."""
    times = [s.mono_ms for s in sightings]
    return 1000 * median(
        (values[j] - values[i]) / (times[j] - times[i])
        for j in range(len(times))
        for i in range(j)
        if times[j] > times[i]
    )


def _towards(before: Box, now: Box) -> Box:
    """A fifth of the way from one box to another."""
    x1, y1, x2, y2 = (0.8 * old + 0.2 * new for old, new in zip(before, now, strict=True))
    return x1, y1, x2, y2


def _same_place(one: Box, other: Box) -> bool:
    """Whether two bodies, of one size, could be the same."""
    return overlap(one, other) >= 0.4


def _between(one: Point, other: Point) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])
