"""Counts: what was counted at one or more touchpoints in one period, ready for every metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tillsight_models.scales import Scale

from ..tables import (
    CONTACT_COUNTERS,
    EMOTION_COUNTERS,
    LABEL_COUNTERS,
    RATING_COUNTERS,
    RAW_COUNTERS,
    UNCOVERED_COUNTERS,
)
from .answers import Answers
from .pooling import Correction

FLAGS: dict[str, str] = {
    "no-contacts": "nothing counts the people served here, or it counted none",
    "contacts-partly": "only some of these touchpoints count contacts; numbers per contact use those",
    "uncalibrated": "fewer than 50 contacts of this counter were compared with a count by hand in the last "
    "year: what other counters of the company showed stands in, else an error of 10 %",
    "unvalidated": "nobody has judged faces for the model that says what people look like: it is withheld",
    "camera-partly": "the camera that counts contacts could see for less than 90 % of its time",
    "counter-under-counts": "more responses than contacts: the contact counter misses people",
    "other-scale": "presses on another scale than the touchpoint's were left out",
    "undated-events": "the hub received events here whose time is not known; they are in no hour or day",
    "incomplete": "the device reported events of this time as lost",
    "small-cells": "ratings of days or hours with too few responses are withheld, and not in this number",
    "answers-refused": "answers that are no whole number on the scale of their question were left out",
    "all-alike": "everybody answered the same: the interval has no width, which is not certainty",
    "part-over-whole": "more of it than there was to choose from, so it is no share of a whole",
    "shift-unended": "nobody told when a shift ended: it lasts until the team's next one, 16 hours at most",
    "one-report": "the till reported one sum alone, which does not tell how much receipts differ",
}
"""Every flag that a number can carry, and what it says."""


class Audit(NamedTuple):
    """A comparison by hand: `k` of `n` were right."""

    k: int
    n: int


LEAST_AUDITED = 50
"""Contacts that have to be observed before a counter counts as calibrated."""
NEVER_AUDITED = Audit(0, 0)

Validation = tuple[tuple[int, ...], ...]
"""People whose mood a person has judged, by true mood (positive, neutral, negative) and by what the model
said (the same and unknown)."""


@dataclass(frozen=True)
class Calibration:
    """How good one touchpoint's contact counter and emotion model are, as people found who looked.

    Counts with equal calibrations share its error; those with different ones err apart.
    """

    precision: Audit
    """Of what it counted, the share that was there."""
    recall: Audit
    """Of who was there, the share that it counted."""
    of: str = ""
    """The touchpoint."""
    pressers: Audit = NEVER_AUDITED
    """Recall of those who pressed a button: scores count votes of people the counter missed too, so they need
    no correction by it; it says how wrong it would be to leave these votes out."""
    pooled: Correction | None = None
    """The correction that leans on the company's other counters; None: this one stands alone."""
    validation: Validation | None = None
    """None where nobody has validated the emotion model."""

    @property
    def is_audited(self) -> bool:
        """Whether enough contacts were observed at this very counter."""
        return self.recall.n >= LEAST_AUDITED


class Counted(NamedTuple):
    """What one counter, or all uncalibrated ones together, counted."""

    calibration: Calibration | None
    contacts: int
    rated_among: int
    """Those of the time in which the ratings may be told."""
    emotions: tuple[int, ...]
    """People who looked positive, neutral, negative, and whose face did not say enough."""


@dataclass(frozen=True)
class Counts:
    """Sums of rollup rows of touchpoints that share one scale. Adding two gives the counts of both."""

    scale: Scale
    ratings: tuple[int, ...]
    """Accepted presses by rating, worst first, as far as their ratings may be told."""
    raw: tuple[int, ...]
    """All presses by rating: labelled ones (repeats, undone) too; as far as their ratings may be told."""
    events: int = 0
    """Events of any type: 0 means that the hub heard nothing from here."""
    presses: int = 0
    """All presses, on whatever scale."""
    repeats: int = 0
    undone: int = 0
    other_scale: int = 0
    closed: int = 0
    """Presses outside opening hours."""
    set_aside: int = 0
    """Presses that a cleaning rule leaves out."""
    labelled: tuple[int, ...] = (0,) * len(LABEL_COUNTERS)
    """Presses by label of the cleaning rules, in the order of LABEL_COUNTERS."""
    contacts: int | None = None
    """People served, as counted by the touchpoints' own sources; None where nothing counts them."""
    contact_sources: frozenset[str] = frozenset()
    rated_contacts: tuple[int, ...] = ()
    """Accepted presses by rating where and while the contacts were counted; empty where nothing counts."""
    camera_ms: int = 0
    """Opening time that the cameras which count contacts have accounted for; 0 where none does."""
    camera_working_ms: int = 0
    """Of it, the time in which they could see."""
    calibration: Calibration | None = None
    """None where nothing is known of the counter's error, or where several counters are summed."""
    apart: tuple[Counted, ...] = ()
    """What each counter counted, where counts of several are summed; else empty, see `counted`."""
    receipts: int = 0
    sales_amount: int = 0
    """In minor units of the currency."""
    visitors: int = 0
    """People who came in."""
    attempts: int = 0
    attempt_ms: int = 0
    attempt_square: float = 0
    """Sum of the squares of their durations, in s²."""
    check_reports: int = 0
    """Reports of sales with receipts and an amount."""
    check_receipts: int = 0
    """Receipts in those."""
    check_square: float = 0
    """Sum of amount² ÷ receipts of those, in units of 100 minor units²."""
    emotions: tuple[int, ...] = (0,) * len(EMOTION_COUNTERS)
    """People who looked positive, neutral, negative, and whose face did not say enough."""
    withheld: int = 0
    """Accepted presses whose ratings are withheld, because too few people pressed."""
    withheld_raw: int = 0
    """Of all presses those whose ratings are withheld."""
    withheld_rated: int = 0
    """Accepted presses where and while contacts were counted that are not in `rated_contacts`."""
    withheld_contacts: int = 0
    """Contacts of the time whose ratings are withheld: in `contacts`, not what ratings are divided by."""
    withheld_faces: int = 0
    """People with a mood that is withheld."""
    answers: Answers | None = None
    """Of questionnaires; None where nobody asked for them."""
    doubts: frozenset[str] = frozenset()
    """Flags that hold for every number made of these counts."""

    @classmethod
    def none_yet(cls, scale: Scale, contact_source: str | None = None) -> Counts:
        """Zero everywhere, for a touchpoint with this scale and contact source."""
        return cls.from_rollup({}, scale, contact_source)

    @classmethod
    def from_rollup(
        cls,
        row: Mapping[str, int],
        scale: Scale,
        contact_source: str | None,
        calibration: Calibration | None = None,
    ) -> Counts:
        """The counts of a rollup row (or sum of rows) of touchpoints with one scale, source and calibration.

        A camera that could see at no time of it has counted nobody, which is not zero.
        """
        ratings = tuple(row.get(name, 0) for name in RATING_COUNTERS[: scale.ratings])
        camera_ms, working_ms = (
            row.get(name, 0) if contact_source == "camera" else 0
            for name in ("camera_ms", "camera_working_ms")
        )
        counting = None if camera_ms and not working_ms else contact_source
        uncovered = tuple(row.get(name, 0) for name in UNCOVERED_COUNTERS[: scale.ratings])
        return cls(
            scale=scale,
            ratings=ratings,
            raw=tuple(row.get(name, 0) for name in RAW_COUNTERS[: scale.ratings]),
            events=row.get("events", 0),
            presses=row.get("presses", 0),
            repeats=row.get("repeats", 0),
            undone=row.get("undone", 0),
            other_scale=row.get("other_scale", 0),
            closed=row.get("closed", 0),
            contacts=row.get(CONTACT_COUNTERS[counting], 0) if counting else None,
            contact_sources=frozenset({contact_source} if contact_source else ()),
            rated_contacts=tuple(map(int.__sub__, ratings, uncovered)) if counting else (),
            camera_ms=camera_ms,
            camera_working_ms=working_ms,
            calibration=calibration,
            set_aside=row.get("set_aside", 0),
            labelled=tuple(row.get(name, 0) for name in LABEL_COUNTERS.values()),
            receipts=row.get("receipts", 0),
            sales_amount=row.get("sales_amount", 0),
            visitors=row.get("visitors_in", 0),
            attempts=row.get("attempts", 0),
            attempt_ms=row.get("attempt_ms", 0),
            attempt_square=row.get("attempt_square", 0),
            check_reports=row.get("check_reports", 0),
            check_receipts=row.get("check_receipts", 0),
            check_square=row.get("check_square", 0),
            emotions=tuple(row.get(name, 0) for name in EMOTION_COUNTERS),
            withheld=row.get("withheld", 0),
            withheld_raw=row.get("withheld_raw", 0),
            withheld_rated=row.get("withheld_rated", 0) if counting else 0,
            withheld_contacts=row.get("withheld_contacts", 0) if counting else 0,
            withheld_faces=row.get("withheld_faces", 0),
        )

    def __add__(self, other: Counts) -> Counts:
        if self.scale != other.scale:
            raise ValueError(
                f"scales {self.scale.id} and {other.scale.id}: counts of two scales do not add up"
            )
        return Counts(
            scale=self.scale,
            ratings=_summed(self.ratings, other.ratings),
            raw=_summed(self.raw, other.raw),
            events=self.events + other.events,
            presses=self.presses + other.presses,
            repeats=self.repeats + other.repeats,
            undone=self.undone + other.undone,
            other_scale=self.other_scale + other.other_scale,
            closed=self.closed + other.closed,
            contacts=_either(self.contacts, other.contacts),
            contact_sources=self.contact_sources | other.contact_sources,
            rated_contacts=_summed(self.rated_contacts, other.rated_contacts),
            camera_ms=self.camera_ms + other.camera_ms,
            camera_working_ms=self.camera_working_ms + other.camera_working_ms,
            calibration=self.calibration if self.calibration == other.calibration else None,
            apart=_by_counter(self, other),
            set_aside=self.set_aside + other.set_aside,
            labelled=_summed(self.labelled, other.labelled),
            receipts=self.receipts + other.receipts,
            sales_amount=self.sales_amount + other.sales_amount,
            visitors=self.visitors + other.visitors,
            attempts=self.attempts + other.attempts,
            attempt_ms=self.attempt_ms + other.attempt_ms,
            attempt_square=self.attempt_square + other.attempt_square,
            check_reports=self.check_reports + other.check_reports,
            check_receipts=self.check_receipts + other.check_receipts,
            check_square=self.check_square + other.check_square,
            emotions=_summed(self.emotions, other.emotions),
            withheld=self.withheld + other.withheld,
            withheld_raw=self.withheld_raw + other.withheld_raw,
            withheld_rated=self.withheld_rated + other.withheld_rated,
            withheld_contacts=self.withheld_contacts + other.withheld_contacts,
            withheld_faces=self.withheld_faces + other.withheld_faces,
            answers=self.answers + other.answers
            if self.answers and other.answers
            else self.answers or other.answers,
            doubts=self.doubts | other.doubts,
        )

    @property
    def counted(self) -> tuple[Counted, ...]:
        """What each counter counted."""
        alone = Counted(self.calibration, self.contacts or 0, self.rated_among or 0, self.emotions)
        return self.apart or (alone,)

    @property
    def camera_share(self) -> float | None:
        """Share of the accounted time in which the cameras could see; None without such cameras."""
        return self.camera_working_ms / self.camera_ms if self.camera_ms else None

    @property
    def responses(self) -> int:
        """Accepted presses whose ratings may be told: what shares and indexes are made of."""
        return sum(self.ratings)

    @property
    def told(self) -> tuple[int, ...] | None:
        """The ratings; None where there are some and all are withheld."""
        return None if self.withheld and not self.responses else self.ratings

    @property
    def accepted(self) -> int:
        """All accepted presses: how many people answered, whatever they said."""
        return self.responses + self.withheld

    @property
    def found(self) -> dict[str, int]:
        """Presses by the cleaning rule that found them, set aside or not; several may have found one."""
        return dict(zip(LABEL_COUNTERS, self.labelled, strict=True))

    @property
    def responses_raw(self) -> int:
        """All presses on the scale, whether accepted or not."""
        return sum(self.raw) + self.withheld_raw

    @property
    def answered(self) -> int:
        """Accepted presses where and while contacts were counted, whatever they said."""
        return sum(self.rated_contacts) + self.withheld_rated

    @property
    def rated_among(self) -> int | None:
        """Contacts of the time in which `rated_contacts` are; None where nothing counts them."""
        return None if self.contacts is None else self.contacts - self.withheld_contacts

    @property
    def negative(self) -> int:
        return self.of(self.scale.negative, self.ratings)

    @property
    def positive(self) -> int:
        return self.of(self.scale.positive, self.ratings)

    @staticmethod
    def of(ratings: frozenset[int], counts: tuple[int, ...]) -> int:
        """How many of `counts` (by rating, worst first) are one of `ratings`."""
        return sum(count for rating, count in enumerate(counts, 1) if rating in ratings)


def _summed(one: tuple[int, ...], two: tuple[int, ...]) -> tuple[int, ...]:
    """Element by element; an empty one is nothing at all."""
    return tuple(map(int.__add__, one, two)) if one and two else one or two


def _by_counter(one: Counts, two: Counts) -> tuple[Counted, ...]:
    """Empty where both were counted by the same counter."""
    if not one.apart and not two.apart and one.calibration == two.calibration:
        return ()
    found: dict[Calibration | None, Counted] = {}
    for part in (*one.counted, *two.counted):
        before = found.get(part.calibration, Counted(None, 0, 0, ()))
        found[part.calibration] = Counted(
            part.calibration,
            before.contacts + part.contacts,
            before.rated_among + part.rated_among,
            _summed(before.emotions, part.emotions),
        )
    return tuple(found.values())


def _either(one: int | None, two: int | None) -> int | None:
    return None if one is None and two is None else (one or 0) + (two or 0)
