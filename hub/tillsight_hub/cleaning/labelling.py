"""Labelling: from the history of a touchpoint to the labels of its presses; a pure function.

A press's labels depend on the presses that are joined to it by gaps shorter than `reach_ms`, on the contacts
around these, on the opening hours and on when the counter was blind; not on the order of arrival.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..calendar import PlaceCalendar, Span
from ..labels import CLEANED, Label
from .history import History, Times
from .rules import RULES, CleaningSettings, Rule, SessionSettings

Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
Indexes = npt.NDArray[np.intp]

LONGEST_CONTACT_MS = 3_600_000
"""Of a contact that lasted longer only the last hour is looked at."""
SEES_PEOPLE = ("camera", "presence", "queue")
"""Contact sources that know when a person came and went; receipts and hand counts do not."""
_NOT_OURS = ~np.int32(int(CLEANED))


def clean(history: History, rules: CleaningSettings) -> Labels:
    """The labels of every press: the device's own as they were, those of cleaning given anew."""
    labels: Labels = history.labels & _NOT_OURS
    if not len(labels):
        return labels
    hourly = history.hourly
    if hourly is not None and hourly.any():
        labels[~hourly] = clean(history.only(~hourly), rules)
        labels[hourly] = _clean_hourly(history.only(hourly), rules)
        return labels
    for rule, found in zip(RULES, find(history, rules), strict=True):
        _label(labels, found, rule, rules)
    labels[_within(history.press_t, history.blind)] |= int(Label.UNCOVERED)
    return labels


def _clean_hourly(history: History, rules: CleaningSettings) -> Labels:
    """Of presses of which only the hour is known nobody can say what belongs to one person, or to nobody."""
    labels: Labels = history.labels & _NOT_OURS
    margins = rules.out_of_hours
    for rule in RULES:
        if rule.label is Label.OUT_OF_HOURS:
            _label(labels, _closed(history, margins.before_s, margins.after_s), rule, rules)
    labels[_within(history.press_t, history.blind)] |= int(Label.UNCOVERED)
    return labels


def _label(labels: Labels, found: Mask, rule: Rule, rules: CleaningSettings) -> None:
    mode = rules.of(rule.id).mode
    if mode != "off":
        labels[found] |= int(rule.label | (Label.SET_ASIDE if mode == "set-aside" else 0))


def reach_ms(rules: CleaningSettings) -> int:
    """Presses further apart than this have nothing to do with each other."""
    session = rules.session
    return _ms(max(session.gap_s, session.change_s, rules.mashing.gap_s, rules.staff.spacing_s))


def margin_ms(rules: CleaningSettings) -> int:
    """A contact further away than this from a press has nothing to do with it."""
    return _ms(max(rules.orphan.before_s, rules.orphan.after_s))


class Found(NamedTuple):
    """The presses that each rule finds, in the order of RULES."""

    session: Mask
    mashing: Mask
    staff: Mask
    orphan: Mask
    out_of_hours: Mask


def find(history: History, rules: CleaningSettings) -> Found:
    """What every rule finds, whatever its mode; there has to be a press."""
    t = history.press_t
    of_person = sessions(history, rules.session)
    countable = _countable(history)
    answers = _last_of(np.flatnonzero(countable), of_person)
    is_answer = np.zeros(len(t), np.bool_)
    is_answer[answers] = True
    mashed = _mashed(history, rules)
    present = _Presence.of(history, rules)
    seen = _is_seen(history)
    staff = _staff(history, rules, answers[~mashed[answers]], present, seen)
    margins = rules.out_of_hours
    return Found(
        session=countable & ~is_answer,
        mashing=mashed,
        staff=np.isin(of_person, of_person[staff]) & ~mashed,
        orphan=seen & (present.people(t, t) == 0),
        out_of_hours=_closed(history, margins.before_s, margins.after_s),
    )


# --- Sessions and bursts ----------------------------------------------------------------------------------


def sessions(history: History, session: SessionSettings) -> Indexes:
    """The number of the session of every press; one session is one person."""
    gap = np.diff(history.press_t)
    changes = np.diff(history.rating) != 0
    return _numbered((gap >= _ms(session.gap_s)) | (changes & (gap >= _ms(session.change_s))))


def _bursts(t: Times, gap_s: float) -> Indexes:
    """The number of the burst of every press: those less than `gap_s` apart are in one."""
    return _numbered(np.diff(t) >= _ms(gap_s))


def _numbered(breaks: Mask) -> Indexes:
    return np.concatenate([[0], np.cumsum(breaks)]).astype(np.intp)


def _countable(history: History) -> Mask:
    """Presses on the touchpoint's scale that the device counted."""
    of_device = np.int32(int(Label.REPEAT | Label.UNDONE))
    return np.asarray((history.rating > 0) & (history.labels & of_device == 0))


def _last_of(candidates: Indexes, of_person: Indexes) -> Indexes:
    """Of each person the last of the candidates."""
    is_last = np.append(np.diff(of_person[candidates]) != 0, True)
    last: Indexes = candidates[is_last[: len(candidates)]]
    return last


def _mashed(history: History, rules: CleaningSettings) -> Mask:
    """Repeats inside the cool-down are presses too here, and so are those that were taken back."""
    mashing = rules.mashing
    of_burst = _bursts(history.press_t, mashing.gap_s)
    presses = np.bincount(of_burst)
    kinds = np.unique(np.stack([of_burst, history.rating]), axis=1)[0]
    buttons = np.bincount(kinds, minlength=len(presses))
    is_mashing = (presses > mashing.most_presses) | (buttons > mashing.most_buttons)
    is_mashing |= (presses > mashing.most_mixed) & (buttons > 1)
    return np.asarray(is_mashing[of_burst])


# --- Staff ------------------------------------------------------------------------------------------------


def _staff(
    history: History, rules: CleaningSettings, votes: Indexes, present: "_Presence", seen: Mask
) -> Indexes:
    """The votes in runs of one button with more votes than people.

    Where nothing sees people, only a run while the place is closed says so.
    """
    closed = _closed(history, 0.0, 0.0)
    found = [np.array([], np.intp)]
    for rating in np.unique(history.rating[votes]):
        of_button = votes[history.rating[votes] == rating]
        t = history.press_t[of_button]
        run = _bursts(t, rules.staff.spacing_s)
        size = np.bincount(run)
        last = np.append(np.flatnonzero(np.diff(run)), len(run) - 1)
        people = present.people(t[last - size + 1], t[last])
        outnumbered = (size > people) & (np.bincount(run, weights=~seen[of_button]) == 0)
        shut = np.bincount(run, weights=~closed[of_button]) == 0
        found.append(of_button[((size >= rules.staff.least_votes) & (outnumbered | shut))[run]])
    return np.concatenate(found)


# --- Served, open, seen -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Presence:
    """When how many people came and went, a little before and after their contacts."""

    begins: Times
    begun: npt.NDArray[np.int64]
    """People who had come before each of `begins`, and all of them."""
    ends: Times
    ended: npt.NDArray[np.int64]

    @classmethod
    def of(cls, history: History, rules: CleaningSettings) -> "_Presence":
        start = np.maximum(history.contact_start, history.contact_end - LONGEST_CONTACT_MS)
        begins = start - _ms(rules.orphan.before_s)
        ends = history.contact_end + _ms(rules.orphan.after_s)
        by_begin, by_end = np.argsort(begins), np.argsort(ends)
        begun, ended = (
            np.concatenate([[0], np.cumsum(history.people[order])]) for order in (by_begin, by_end)
        )
        return cls(begins[by_begin], begun, ends[by_end], ended)

    def people(self, first: Times, last: Times) -> npt.NDArray[np.int64]:
        """How many were there at some time from `first` to `last`, both included."""
        come = self.begun[np.searchsorted(self.begins, last, "right")]
        return np.asarray(come - self.ended[np.searchsorted(self.ends, first, "left")])


def _is_seen(history: History) -> Mask:
    """Whether the counter could have seen a person at the time of each press."""
    if history.place.contact_source not in SEES_PEOPLE:
        return np.zeros(len(history.press_t), np.bool_)
    return ~_within(history.press_t, history.blind) & ~_within(history.press_t, history.unclear)


def _closed(history: History, before_s: float, after_s: float) -> Mask:
    """Whether the place was closed, and neither about to open nor just closed."""
    calendar, t = history.place.calendar, history.press_t
    if not calendar.hours.is_known:
        return np.zeros(len(t), np.bool_)
    before, after = _ms(before_s), _ms(after_s)
    opening = [(start - before, end + after) for start, end in _opening(calendar, int(t[0]), int(t[-1]))]
    return ~_within(t, opening)


def _opening(calendar: PlaceCalendar, first: int, last: int) -> list[Span]:
    """Every opening interval that may matter between two instants."""
    day = calendar.local(first).date() - timedelta(days=2)
    until = calendar.local(last).date() + timedelta(days=1)
    found: list[Span] = []
    while day <= until:
        found += calendar.open_intervals(day.isoformat())
        day += timedelta(days=1)
    return found


def _within(t: Times, spans: Sequence[Span]) -> Mask:
    """Whether each instant is in one of the half-open spans."""
    begins = np.sort(np.array([start for start, _ in spans], np.int64))
    ends = np.sort(np.array([end for _, end in spans], np.int64))
    return np.asarray(np.searchsorted(begins, t, "right") > np.searchsorted(ends, t, "right"))


def _ms(seconds: float) -> int:
    return round(1000 * seconds)
