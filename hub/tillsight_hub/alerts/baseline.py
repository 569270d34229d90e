"""Baselines: how often a touchpoint's customers are bad-tempered, or content, at each hour of the week.

Its own share of negative answers and its own answers per contact, drawn towards the chain's where it has few,
times what the hour of the day and the weekday do to them all over the chain.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from .streams import CELLS, Slots, Stream

Numbers = npt.NDArray[np.float64]

LEARNS_DAYS = 7
"""With fewer days behind it a baseline is `learning`."""
PSEUDO_VOTES = 40.0
"""Votes of the chain's average that are added to a touchpoint's share of negative answers."""
PSEUDO_CONTACTS = 200.0
"""Contacts of the chain's average that are added to its answers per contact."""
PSEUDO_EXPECTED = 30.0
"""Answers as expected that are added to those of an hour, or a weekday, of the whole chain."""
HALF_LIFE_DAYS = 60.0
"""What was so long ago weighs half."""
ROUNDS = 3
"""Touchpoints, hours and weekdays are estimated in turn so often."""


def _zeros() -> Numbers:
    return np.zeros(CELLS)


@dataclass(frozen=True)
class Traffic:
    """What happened at a touchpoint so far, by hour of the business week; what is old weighs less."""

    negative: Numbers = field(default_factory=_zeros)
    positive: Numbers = field(default_factory=_zeros)
    contacts: Numbers = field(default_factory=_zeros)
    """People served; where nothing counts them, the answers."""
    hours: Numbers = field(default_factory=_zeros)
    """Opening hours."""
    days: int = 0
    """Business days with any of it, whatever their weight."""

    def plus(self, stream: Stream, slots: Slots, *, counts_contacts: bool) -> Self:
        """With one more business day. Answers during which the counter was blind are left out."""
        kept = ~stream.blind if counts_contacts else np.ones(len(stream.vote_t), np.bool_)
        cell, negative = stream.vote_cell[kept], stream.negative[kept]
        bad = np.bincount(cell[negative], minlength=CELLS)
        good = np.bincount(cell[~negative], minlength=CELLS)
        served = np.bincount(stream.contact_cell, stream.people, CELLS) if counts_contacts else bad + good
        keeps = 0.5 ** (1 / HALF_LIFE_DAYS)
        return type(self)(
            self.negative * keeps + bad,
            self.positive * keeps + good,
            self.contacts * keeps + served,
            self.hours * keeps + np.bincount(slots.cell, slots.hours, CELLS),
            self.days + bool(len(stream.vote_t) or len(stream.contact_t)),
        )

    def to_json(self) -> dict[str, Any]:
        """For the table."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {k: v if isinstance(v, int) else [round(x, 3) for x in v.tolist()] for k, v in values.items()}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        bad, good, served, hours = (
            np.array(found[name], float) for name in ("negative", "positive", "contacts", "hours")
        )
        return cls(bad, good, served, hours, found["days"])


@dataclass(frozen=True)
class Baseline:
    """What is normal at a touchpoint, by hour of the business week."""

    negative: Numbers
    """Share of contacts with a negative answer; of answers, where nothing counts contacts."""
    positive: Numbers
    contacts_per_hour: Numbers
    answers: float
    """How many it rests on."""
    days: int
    share: tuple[float, float]
    """Beta distribution of the share of negative answers; its width is what is not known."""
    response: tuple[float, float]
    """The same of answers per contact; second number 0 where nothing counts contacts."""
    counts_contacts: bool

    @property
    def is_learning(self) -> bool:
        return self.days < LEARNS_DAYS

    def votes_per_hour(self, week: Slots) -> float:
        """Answers per opening hour."""
        of_slot = (self.contacts_per_hour * (self.negative + self.positive))[week.cell]
        hours = week.hours.sum()
        return float((of_slot * week.hours).sum() / hours) if hours else 0.0


def learn(traffic: Mapping[str, Traffic], contactless: Iterable[str] = ()) -> dict[str, Baseline]:
    """The baselines of the touchpoints of one chain; those in `contactless` have no contact counter."""
    silent = frozenset(contactless)
    found: dict[str, Baseline] = {}
    for group in ([tp for tp in traffic if tp not in silent], [tp for tp in traffic if tp in silent]):
        if group:
            found |= _learn({tp: traffic[tp] for tp in group}, counts_contacts=group[0] not in silent)
    return found


def _learn(traffic: Mapping[str, Traffic], *, counts_contacts: bool) -> dict[str, Baseline]:
    cells = {
        name: np.array([getattr(each, name) for each in traffic.values()]).reshape(-1, 7, 24)
        for name in ("negative", "positive", "contacts", "hours")
    }
    bad, good, served = (cells[name].sum(axis=(1, 2)) for name in ("negative", "positive", "contacts"))
    total = max(float((bad + good).sum()), 1.0)
    chain_share = (float(bad.sum()) + 0.5) / (total + 1)
    chain_response = min(total / max(float(served.sum()), total), 1.0)
    share = (bad + PSEUDO_VOTES * chain_share) / (bad + good + PSEUDO_VOTES)
    response = (bad + good + PSEUDO_CONTACTS * chain_response) / (served + PSEUDO_CONTACTS)
    response = response if counts_contacts else np.ones(len(share))
    of_bad = _by_hour(cells["negative"], cells["contacts"], response * share)
    of_good = _by_hour(cells["positive"], cells["contacts"], response * (1 - share))
    pace = _pace(cells["contacts"], cells["hours"])
    if not counts_contacts:
        of_bad, of_good = of_bad / (of_bad + of_good), of_good / (of_bad + of_good)
    return {
        tp: Baseline(
            negative=np.clip(of_bad[i], 1e-4, 0.9 if not counts_contacts else 0.3).ravel(),
            positive=np.clip(of_good[i], 1e-4, 1.0 if not counts_contacts else 0.6).ravel(),
            contacts_per_hour=pace[i].ravel(),
            answers=float(bad[i] + good[i]),
            days=each.days,
            share=(
                float(bad[i] + PSEUDO_VOTES * chain_share),
                float(good[i] + PSEUDO_VOTES * (1 - chain_share)),
            ),
            response=_response(float(bad[i] + good[i]), float(served[i]), chain_response, counts_contacts),
            counts_contacts=counts_contacts,
        )
        for i, (tp, each) in enumerate(traffic.items())
    }


def _response(answers: float, served: float, chain: float, counts_contacts: bool) -> tuple[float, float]:
    if not counts_contacts:
        return 1.0, 0.0
    return answers + PSEUDO_CONTACTS * chain, max(served - answers, 0.0) + PSEUDO_CONTACTS * (1 - chain) + 1


def _by_hour(answers: Numbers, contacts: Numbers, per_contact: Numbers) -> Numbers:
    """Answers per contact of every touchpoint, weekday and hour: a product of the three."""
    own = per_contact
    by_hour, by_weekday = np.ones(24), np.ones((7, 1))
    for _ in range(ROUNDS):
        spread = (contacts * by_hour * by_weekday).sum(axis=(1, 2))
        own = per_contact * contacts.sum(axis=(1, 2)) / np.maximum(spread, 1e-9)
        own = np.where(spread > 0, own, per_contact)
        expected = own[:, None, None] * contacts
        by_hour = _effect(answers.sum(axis=(0, 1)), (expected * by_weekday).sum(axis=(0, 1)))
        by_weekday = _effect(answers.sum(axis=(0, 2)), (expected * by_hour).sum(axis=(0, 2)))[:, None]
    return own[:, None, None] * by_hour * by_weekday


def _pace(contacts: Numbers, hours: Numbers) -> Numbers:
    """Contacts per opening hour; on weekdays that were not seen yet, as on the others at that hour."""
    other_days = contacts.sum(axis=1, keepdims=True) / np.maximum(hours.sum(axis=1, keepdims=True), 1e-9)
    pace: Numbers = np.where(hours > 0, contacts / np.maximum(hours, 1e-9), other_days)
    return pace


def _effect(seen: Numbers, expected: Numbers) -> Numbers:
    effect: Numbers = (seen + PSEUDO_EXPECTED) / (expected + PSEUDO_EXPECTED)
    return effect
