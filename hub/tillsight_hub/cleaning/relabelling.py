"""Relabelling: stored presses get the labels that the rules give them now, and their tallies move along.

First it is found out, without any lock, what has to change; then that is written in one short transaction,
which changes only presses that are still as they were read. What arrives in between is noted apart, so it is
looked at again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, case, delete, insert, select, update

from tillsight_models.events import ButtonPressed, decode_payload

from .. import rollups, tables
from ..database import writing
from ..hierarchy import Hierarchy, Touchpoint, hierarchy_version, read_hierarchy
from ..rollups import TO_THE_HOUR, Standing, Tallies, hold_writers
from ..tables import event, setting, uncleaned
from .history import History, Key, Reading, Times, read_with_keys
from .labelling import LONGEST_CONTACT_MS, clean, margin_ms, reach_ms
from .rules import CleaningSettings
from .uncleaned import next_turn, note_anew, take_arrived

FINGERPRINT_KEY = "cleaning_rules"
"""In the table `setting`: by which rules the labels were given."""
SLICE_MS = 86_400_000
"""So much of a long time is relabelled at once."""
PAD_MS = 600_000
"""The first guess how far before and after a time the presses that hang together with it lie."""
MOST_TODOS = 200
_PORTION = 500


@dataclass(frozen=True)
class Todo:
    """A row of `uncleaned`."""

    tp: str
    stage: str
    first: int
    last: int
    turn: int


@dataclass(frozen=True)
class Change:
    """A press whose labels are not what they should be."""

    key: Key
    t: int
    old: int
    new: int


@dataclass(frozen=True)
class Proposal:
    """What is to be done for a todo."""

    todo: Todo
    until: int | None
    """The time up to which its presses then have their labels; None: all of them."""
    changes: Sequence[Change] = ()


def note_changed_rules(engine: Engine, rules: CleaningSettings) -> bool:
    """Whether the labels were given by other rules; then all of them are noted to be given anew."""
    of_rules = setting.c.key == FINGERPRINT_KEY
    with writing(engine) as connection:
        hold_writers(connection)
        known = connection.scalar(select(setting.c.value).where(of_rules))
        if known == rules.fingerprint():
            return False
        connection.execute(delete(setting).where(of_rules))
        connection.execute(insert(setting).values(key=FINGERPRINT_KEY, value=rules.fingerprint()))
        note_anew(connection, read_hierarchy(connection).touchpoints)
    return True


def read_todos(connection: Connection) -> list[Todo]:
    """What the cleaner has taken, the newest events' touchpoints before all labels anew."""
    columns = (uncleaned.c[name] for name in Todo.__dataclass_fields__)
    query = select(*columns).where(uncleaned.c.stage != "arrived")
    in_order = query.order_by(case((uncleaned.c.stage == "taken", 0), else_=1), uncleaned.c.tp)
    return [Todo(*row) for row in connection.execute(in_order.limit(MOST_TODOS))]


def has_arrived(connection: Connection) -> bool:
    """Whether there is something to take."""
    arrived = select(uncleaned.c.tp).where(uncleaned.c.stage == "arrived").limit(1)
    return connection.scalar(arrived) is not None


def propose(connection: Connection, hierarchy: Hierarchy, todo: Todo, rules: CleaningSettings) -> Proposal:
    """What has to change for a todo, or for its first day where it is longer."""
    place = hierarchy.touchpoints.get(todo.tp)
    aside = margin_ms(rules) + reach_ms(rules)
    at = None if place is None else _next_press(connection, place, todo.first - aside)
    if place is None or at is None or at > todo.last + aside:
        return Proposal(todo, None)
    first = max(todo.first, at)
    last = min(todo.last, first + SLICE_MS)
    changes = list(changes_between(connection, place, first, last, rules))
    return Proposal(todo, last if last < todo.last else None, changes)


def write(connection: Connection, hierarchy: Hierarchy, proposals: Iterable[Proposal]) -> frozenset[str]:
    """Write what was proposed and take what has arrived; the touchpoints whose counts changed.

    Nothing is written where the hierarchy, by which presses are counted, is not what it was.
    """
    hold_writers(connection)
    tallies = Tallies()
    if hierarchy_version(connection) == hierarchy.version:
        for proposal in proposals:
            relabel(connection, hierarchy.touchpoints.get(proposal.todo.tp), proposal.changes, tallies)
            _tick_off(connection, proposal)
        rollups.add(connection, tallies)
    take_arrived(connection)
    return tallies.touchpoints


def changes_between(
    connection: Connection, place: Touchpoint, first: int, last: int, rules: CleaningSettings
) -> Iterator[Change]:
    """The presses that an event between these times, ms UTC, may concern, and whose labels should differ."""
    reading, part = _read_joined(connection, place, first, last, rules)
    history = reading.history
    labels = clean(history, rules)
    for index in range(part.start, part.stop):
        if labels[index] != history.labels[index]:
            t, old, new = (int(each[index]) for each in (history.press_t, history.labels, labels))
            yield Change(reading.keys[index], t, old, new)


# --- How far around a time one has to look ----------------------------------------------------------------


def _next_press(connection: Connection, place: Touchpoint, since: int) -> int | None:
    query = select(event.c.t).where(event.c.tp == place.id, event.c.t >= since)
    of_press = query.where(event.c.type == ButtonPressed.TYPE, event.c.tq.in_(TO_THE_HOUR))
    found: int | None = connection.scalar(of_press.order_by(event.c.t).limit(1))
    return found


def _read_joined(
    connection: Connection, place: Touchpoint, first: int, last: int, rules: CleaningSettings
) -> tuple[Reading, range]:
    """A history and the part of its presses that may be concerned, with all that their labels depend on."""
    margin, reach = margin_ms(rules), reach_ms(rules)
    start, end = first - margin - reach, last + margin + reach
    beyond = LONGEST_CONTACT_MS + margin
    pad = PAD_MS
    while True:
        reading = read_with_keys(connection, place, start - pad, end + pad + beyond)
        history = reading.history
        part = joined(history.press_t, start, end, reach)
        if _is_whole(history, part, reach + margin, reach + beyond):
            return reading, part
        pad *= 4


def joined(press_t: Times, start: int, end: int, reach: int) -> range:
    """The presses between two times, both included, and those that hang together with them."""
    low, high = int(np.searchsorted(press_t, start)), int(np.searchsorted(press_t, end, "right"))
    if low == high:
        return range(low, high)
    chain = np.concatenate([[0], np.cumsum(np.diff(press_t) >= reach)])
    return range(
        int(np.searchsorted(chain, chain[low])), int(np.searchsorted(chain, chain[high - 1], "right"))
    )


def _is_whole(history: History, part: range, before: int, after: int) -> bool:
    """Whether the history reaches far enough around the part."""
    if not part:
        return True
    first, last = int(history.press_t[part.start]), int(history.press_t[part.stop - 1])
    return first - history.start >= before and history.end - last > after


# --- Writing ----------------------------------------------------------------------------------------------


def relabel(
    connection: Connection, place: Touchpoint | None, changes: Sequence[Change], tallies: Tallies
) -> None:
    """Change the presses that are still as they were read; others are noted, and looked at again."""
    wanted = {change.key: change for change in changes}
    labels = []
    for stream, seqs in _by_stream(wanted):
        for seq, t, tq, old, data in connection.execute(_STANDING, {"of_stream": stream, "seqs": seqs}).all():
            change = wanted[stream, seq]
            if (t, old) == (change.t, change.old) and tq in TO_THE_HOUR:
                payload = decode_payload(ButtonPressed.TYPE, data.encode())
                stands = Standing(t, tq, old)
                tallies.move(place, payload, stands, stands._replace(labels=change.new))
                labels.append({"of_stream": stream, "of_seq": seq, "labels": change.new})
    if labels:
        connection.execute(_LABEL, labels)


def _by_stream(keys: Iterable[Key]) -> Iterator[tuple[str, list[int]]]:
    """In portions that fit one statement."""
    seqs: dict[str, list[int]] = {}
    for stream, seq in sorted(keys):
        seqs.setdefault(stream, []).append(seq)
    for stream, of_stream in seqs.items():
        for begin in range(0, len(of_stream), _PORTION):
            yield stream, of_stream[begin : begin + _PORTION]


def _tick_off(connection: Connection, proposal: Proposal) -> None:
    """The todo is done, or its part up to `until`, unless it grew since it was read."""
    todo = proposal.todo
    same = (uncleaned.c.tp == todo.tp, uncleaned.c.stage == todo.stage, uncleaned.c.turn == todo.turn)
    if proposal.until is None:
        connection.execute(delete(uncleaned).where(*same))
    else:
        rest = {"first": proposal.until + 1, "turn": next_turn()}
        connection.execute(update(uncleaned).where(*same).values(rest))


_STANDING = select(event.c.seq, event.c.t, event.c.tq, event.c.labels, event.c.data).where(
    event.c.stream == bindparam("of_stream"), event.c.seq.in_(bindparam("seqs", expanding=True))
)
_LABEL = update(tables.event).where(
    event.c.stream == bindparam("of_stream"), event.c.seq == bindparam("of_seq")
)
