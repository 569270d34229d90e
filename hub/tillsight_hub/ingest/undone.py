"""Presses that the shopper took back: the undo and its press may arrive in any order."""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from sqlalchemy import Connection, bindparam, select, text, update

from tillsight_models.events import ButtonPressed, decode_payload

from .. import tables
from ..cleaning.uncleaned import Notes
from ..hierarchy import Touchpoint
from ..labels import Label
from ..rollups import Standing, Tallies

Key = tuple[str, int]
"""Stream and seq."""

_CHUNK = 500


def by_stream(keys: Collection[Key]) -> Iterator[tuple[str, list[int]]]:
    """Stream and seqs of keys, in order and in portions that fit one statement.

    One statement a stream, because SQLite reads the whole table for `(stream, seq) IN (...)`.
    """
    seqs: dict[str, list[int]] = {}
    for stream, seq in sorted(keys):
        seqs.setdefault(stream, []).append(seq)
    for stream, all_seqs in seqs.items():
        portions = iter(all_seqs)
        while portion := list(islice(portions, _CHUNK)):
            yield stream, portion


def remember(connection: Connection, undone: Collection[Key]) -> None:
    """Note which presses are taken back, whether they are here yet or not."""
    connection.execute(_REMEMBER, [{"stream": stream, "seq": seq} for stream, seq in sorted(undone)])


def remembered(connection: Connection, presses: Collection[Key]) -> set[Key]:
    """Which of these presses were taken back before they came."""
    table = tables.press_undone.c
    return {
        (stream, seq)
        for stream, seqs in by_stream(presses)
        for seq in connection.scalars(select(table.seq).where(table.stream == stream, table.seq.in_(seqs)))
    }


def take_back(
    connection: Connection,
    undone: Collection[Key],
    touchpoints: Mapping[str, Touchpoint],
    tallies: Tallies,
    *,
    notes: Notes,
) -> None:
    """Label the presses that are stored already, and move them in `tallies`; then another press of the same
    person may be the answer."""
    event = tables.event.c
    for stream, seqs in by_stream(undone):
        query = select(event.seq, event.tp, event.t, event.tq, event.labels, event.data).where(
            event.stream == stream, event.seq.in_(seqs), event.type == ButtonPressed.TYPE
        )
        for seq, tp, t, tq, labels, data in connection.execute(query).all():
            if labels & Label.UNDONE:
                continue
            old = Standing(t, tq, labels)
            new = old._replace(labels=int(labels | Label.UNDONE))
            payload = decode_payload(ButtonPressed.TYPE, data.encode())
            tallies.move(touchpoints.get(tp), payload, old, new)
            notes.add(tp, payload, new)
            connection.execute(_LABEL, {"of_stream": stream, "of_seq": seq, "labels": new.labels})


_REMEMBER = text("INSERT INTO press_undone (stream, seq) VALUES (:stream, :seq) ON CONFLICT DO NOTHING")
_LABEL = update(tables.event).where(
    tables.event.c.stream == bindparam("of_stream"), tables.event.c.seq == bindparam("of_seq")
)
