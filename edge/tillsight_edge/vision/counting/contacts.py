"""Contacts: who stood in the zone long enough to have been served."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import hypot

from tillsight_models.geometry import Box, Zone

from .sightings import Track
from .stays import Stay, StayRules, Stays

LEAST_SURE = 0.25
"""Share of the frames with somebody in which the detector has to be nearly sure: a shadow is no person."""


@dataclass(frozen=True)
class Contact:
    """Somebody was served and has left. Times are of the frames, in ms."""

    enter_ms: int
    leave_ms: int
    people: int
    quality: float
    """Share of the frames in between in which they were seen, 0..1."""
    track: int
    """Of the person, or of the first of a group; it never leaves the device."""

    @property
    def dwell_s(self) -> float:
        return (self.leave_ms - self.enter_ms) / 1000


@dataclass(frozen=True)
class Presence:
    """How many people stand in the zone from this frame on."""

    mono_ms: int
    present: int
    served: int
    """Of them, those who have stood there for `min_dwell_s`."""


class ContactCounter:
    """Turns tracks into contacts, each told once, when the person has left."""

    def __init__(
        self,
        zone: Zone,
        *,
        min_dwell_s: float = 3.0,
        max_dwell_s: float = 1800.0,
        leave_gap_s: float = 1.0,
        count_groups: bool = False,
    ) -> None:
        self._stays = Stays(zone, StayRules(leave_gap_s=leave_gap_s))
        self._min_ms = min_dwell_s * 1000
        self._max_ms = max_dwell_s * 1000
        self._company = Company() if count_groups else None
        self._told = (0, 0)
        self.left: list[Stay] = []
        """Everybody who left by the last frame, served or not."""

    @property
    def current(self) -> list[Stay]:
        """Everybody who came to stand in the zone and has not left."""
        return self._stays.current

    @property
    def given_up(self) -> list[int]:
        """Tracks of people who by the last frame have been found again as another track."""
        return self._stays.given_up

    @property
    def served(self) -> list[Stay]:
        """Of them, those who have stood there for `min_dwell_s`."""
        return [stay for stay in self._stays.current if self.is_served(stay)]

    def is_served(self, stay: Stay) -> bool:
        """Whether a stay is, or was, long enough, and was one of a person."""
        sure = stay.sure >= LEAST_SURE * stay.observed
        return sure and self._min_ms <= stay.stood_ms and stay.leave_ms - stay.enter_ms <= self._max_ms

    def update(self, tracks: Sequence[Track], mono_ms: int) -> list[Contact | Presence]:
        """What is new by this frame."""
        self.left = self._stays.update(tracks, mono_ms)
        return self._news(mono_ms)

    def finish(self, mono_ms: int) -> list[Contact | Presence]:
        """No more frames: whoever is still there leaves now."""
        self.left = self._stays.finish()
        for stay in self.left:
            stay.leave_ms = mono_ms if stay.standing else min(stay.leave_ms, mono_ms)
        return self._news(mono_ms)

    def _news(self, mono_ms: int) -> list[Contact | Presence]:
        news: list[Contact | Presence] = []
        for stay in self.left:
            others = self._company.leave(stay, self._stays.current) if self._company else []
            if others is not None and (contact := _contact(filter(self.is_served, [*others, stay]))):
                news.append(contact)
        if self._company:
            self._company.see(self._stays.current)
        now = [stay for stay in self._stays.current if stay.stood_ms <= self._max_ms]
        told = len(now), sum(self.is_served(stay) for stay in now)
        if told != self._told:
            self._told = told
            news.append(Presence(mono_ms, *told))
        return news


class Company:
    """Who stands with whom: people who came together are one contact where a site counts so.

    Somebody belongs to those with whom they spent half of their stay or more, not further apart than two
    body widths. The next in the queue who steps up while somebody still packs does not.
    """

    def __init__(self) -> None:
        self._together_ms: dict[frozenset[int], int] = {}
        self._seen_ms: dict[int, int] = {}
        self._gone: dict[int, list[Stay]] = {}
        """Those of a group who have left, by the track of somebody who is still there."""

    def see(self, stays: Sequence[Stay]) -> None:
        """Everybody in the zone in this frame."""
        for first, second in combinations(stays, 2):
            if first.standing and second.standing and _near(first.body, second.body):
                pair = frozenset((first.track, second.track))
                since_ms = min(self._seen_ms.get(stay.track, stay.leave_ms) for stay in (first, second))
                now_ms = max(first.leave_ms, second.leave_ms)
                self._together_ms[pair] = self._together_ms.get(pair, 0) + now_ms - since_ms
        self._seen_ms = {stay.track: stay.leave_ms for stay in stays}

    def leave(self, stay: Stay, others: Sequence[Stay]) -> list[Stay] | None:
        """Those of the group who left before; None while one of the group is still there."""
        gone = self._gone.pop(stay.track, [])
        together = {
            other.track: self._together_ms.pop(frozenset((stay.track, other.track)), 0) for other in others
        }
        closest = max(together, key=lambda track: together[track], default=None)
        if closest is None or 2 * together[closest] < stay.leave_ms - stay.enter_ms:
            return gone
        self._gone.setdefault(closest, []).extend([*gone, stay])
        return None


def _contact(served: Iterable[Stay]) -> Contact | None:
    """One contact of everybody in a group who was served; None of nobody."""
    stays = list(served)
    if not stays:
        return None
    observed, frames = sum(stay.observed for stay in stays), sum(stay.frames for stay in stays)
    return Contact(
        min(stay.enter_ms for stay in stays),
        max(stay.leave_ms for stay in stays),
        people=len(stays),
        quality=observed / frames if frames else 1.0,
        track=min(stays, key=lambda stay: stay.enter_ms).track,
    )


def _near(one: Box, other: Box) -> bool:
    """Whether the feet are at most two body widths apart."""
    across = (one[0] + one[2] - other[0] - other[2]) / 2
    width = (one[2] - one[0] + other[2] - other[0]) / 2
    return hypot(across, one[3] - other[3]) <= 2 * width
