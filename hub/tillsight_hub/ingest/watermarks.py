"""How far each stream is accounted for: up to here every event is stored, quarantined or known to be lost."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge

from sqlalchemy import Connection, bindparam, select, text

from .. import tables

Range = tuple[int, int]
"""First and last seq, both included."""

MAX_MISSING = 10
"""Gaps that an acknowledgement names."""
_LOOK_AHEAD = 5000
"""Seqs beyond the first gap in which further gaps are looked for: a stream behind a hole may be long."""
_PAGE = 1000


@dataclass(slots=True)
class Stream:
    """A device's stream as it stands, and what the transaction adds to it."""

    id: str
    device: str
    upto: int
    highest: int
    """Highest seq that was seen or reported as lost."""
    first_seen: int
    last_seen: int
    fresh: list[int] = field(default_factory=list)
    """Seqs that were stored or quarantined just now."""
    dropped: dict[Range, str] = field(default_factory=dict)
    """Ranges that were reported as lost just now, and why."""

    @classmethod
    def new(cls, id: str, device: str, received: int) -> "Stream":
        return cls(id, device, 0, 0, received, received)


def read_streams(connection: Connection, ids: Collection[str], *, hold: bool) -> dict[str, Stream]:
    """The streams that exist already; `hold` keeps other workers from them until the transaction ends."""
    rows = connection.execute(_HOLD if hold else _READ, {"ids": sorted(ids)})
    return {row[0]: Stream(*row) for row in rows}


def advance(connection: Connection, stream: Stream) -> list[Range]:
    """Move `upto` and `highest` by what is fresh, and store the new losses; the first gaps that remain.

    The fresh rows are in the tables already.
    """
    _store_losses(connection, stream)
    known = stream.upto == stream.highest and not stream.dropped
    fresh = sorted(set(stream.fresh))
    ends = [*fresh[-1:], *(last for _, last in stream.dropped)]
    stream.highest = max(stream.highest, *ends) if ends else stream.highest
    if known and (not fresh or (fresh[0] == stream.upto + 1 and fresh[-1] == stream.upto + len(fresh))):
        stream.upto = stream.highest
        return []
    stream.upto, missing = survey(accounted(connection, stream.id, stream.upto), stream.upto)
    return missing


def survey(accounted: Iterable[Range], upto: int) -> tuple[int, list[Range]]:
    """How far everything is accounted for from `upto` on, and the first gaps beyond.

    `accounted` is ordered by the ranges' first seq; they may touch and overlap.
    """
    missing: list[Range] = []
    seen = upto
    for first, last in accounted:
        if first > seen + 1:
            missing.append((seen + 1, first - 1))
            if len(missing) == MAX_MISSING:
                break
        seen = max(seen, last)
        if not missing:
            upto = seen
        elif seen - missing[0][1] > _LOOK_AHEAD:
            break
    return upto, missing


def save(connection: Connection, streams: Mapping[str, Stream]) -> None:
    """Write the streams back."""
    rows = [
        {
            "id": stream.id,
            "device": stream.device,
            "upto": stream.upto,
            "highest": stream.highest,
            "first_seen": stream.first_seen,
            "last_seen": stream.last_seen,
        }
        for _, stream in sorted(streams.items())
    ]
    if rows:
        connection.execute(_SAVE, rows)


def accounted(connection: Connection, stream: str, after: int) -> Iterator[Range]:
    """Runs of seqs beyond `after` that are stored, quarantined or lost; read as far as somebody asks."""
    gap = tables.stream_gap.c
    query = select(gap.first, gap.last).where(gap.stream == stream, gap.last > after).order_by(gap.first)
    losses = [(first, last) for first, last in connection.execute(query)]
    return merge(_here(connection, stream, after), losses)


def _here(connection: Connection, stream: str, after: int) -> Iterator[Range]:
    while True:
        page = connection.scalars(_PAGE_OF_SEQS, {"stream": stream, "after": after, "page": _PAGE}).all()
        yield from _runs(page)
        if len(page) < _PAGE:
            return
        after = page[-1]


def _runs(seqs: Sequence[int]) -> Iterator[Range]:
    """Ordered numbers as ranges: 1, 2, 3, 7 is (1, 3), (7, 7)."""
    start = 0
    for end in range(1, len(seqs) + 1):
        if end == len(seqs) or seqs[end] != seqs[end - 1] + 1:
            yield seqs[start], seqs[end - 1]
            start = end


def _store_losses(connection: Connection, stream: Stream) -> None:
    rows = [
        {"stream": stream.id, "first": first, "last": last, "reason": reason, "reported": stream.last_seen}
        for (first, last), reason in stream.dropped.items()
    ]
    if rows:
        connection.execute(_PUT_LOSS, rows)


_READ = (
    select(
        *(tables.stream.c[name] for name in ("id", "device_id", "upto", "highest", "first_seen", "last_seen"))
    )
    .where(tables.stream.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(tables.stream.c.id)
)
_HOLD = _READ.with_for_update(key_share=True)
_PAGE_OF_SEQS = text(
    "SELECT seq FROM (SELECT seq FROM event WHERE stream = :stream AND seq > :after "
    "ORDER BY seq LIMIT :page) e "
    "UNION SELECT seq FROM (SELECT seq FROM quarantine WHERE stream = :stream AND seq > :after "
    "ORDER BY seq LIMIT :page) q ORDER BY seq LIMIT :page"
)
_PUT_LOSS = text(
    "INSERT INTO stream_gap (stream, first, last, reason, reported) "
    "VALUES (:stream, :first, :last, :reason, :reported) ON CONFLICT DO NOTHING"
)
_SAVE = text(
    "INSERT INTO stream (id, device_id, upto, highest, first_seen, last_seen) "
    "VALUES (:id, :device, :upto, :highest, :first_seen, :last_seen) ON CONFLICT (id) DO UPDATE SET "
    "upto = excluded.upto, highest = excluded.highest, last_seen = excluded.last_seen"
)
