"""Where labels have to be given anew: noted in the transaction that changes what they depend on."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, text

from tillsight_models.events import ButtonPressed, CameraReported, ContactEnded, Payload

from ..calendar import Span
from ..rollups import TO_THE_HOUR, Standing
from .history import HOLDS_MS, TELLS_MS
from .labelling import LONGEST_CONTACT_MS

ALWAYS = (0, 253_402_300_799_999)
"""All times, ms UTC."""


class Notes:
    """The time, by touchpoint, in which presses may need other labels: first and last ms UTC."""

    def __init__(self) -> None:
        self._spans: dict[str, Span] = {}

    def add(self, tp: str, payload: Payload, stands: Standing) -> None:
        """An event came, went or changed its labels."""
        concerned = _CONCERNED.get(type(payload))
        if concerned is None or stands.tq not in TO_THE_HOUR:
            return
        first, last = concerned(payload, stands.t)
        known = self._spans.get(tp)
        if known is not None:
            first, last = min(first, known[0]), max(last, known[1])
        self._spans[tp] = first, last

    def write(self, connection: Connection) -> None:
        """In the order of the touchpoints: several writers then wait for each other and never in a ring."""
        if self._spans:
            _put(connection, "arrived", self._spans)


def note_anew(connection: Connection, tp_ids: Iterable[str]) -> None:
    """All labels of these touchpoints are to be given anew, when there is time."""
    if spans := dict.fromkeys(tp_ids, ALWAYS):
        _put(connection, "anew", spans)


def take_arrived(connection: Connection) -> None:
    """Make what has arrived the cleaner's own, so that what arrives from now on is told apart from it."""
    connection.execute(_TAKE)
    connection.execute(text("DELETE FROM uncleaned WHERE stage = 'arrived'"))


def next_turn() -> int:
    """A number that no state of a row has had before."""
    return secrets.randbits(62)


def _put(connection: Connection, stage: str, spans: Mapping[str, Span]) -> None:
    rows = [(tp, stage, *spans[tp], next_turn()) for tp in sorted(spans)]
    connection.exec_driver_sql(_PUT_SQLITE if connection.dialect.name == "sqlite" else _PUT_POSTGRESQL, rows)


def _of_contact(contact: ContactEnded, t: int) -> Span:
    dwell_ms = round(1000 * contact.dwell_s) or LONGEST_CONTACT_MS  # 0: not known, as of imported counts
    return t - min(LONGEST_CONTACT_MS, dwell_ms), t


_CONCERNED: Mapping[type[Payload], Callable[[Any, int], Span]] = {
    ButtonPressed: lambda _, t: (t, t),
    ContactEnded: _of_contact,
    CameraReported: lambda _, t: (t - TELLS_MS, t + HOLDS_MS),
}
"""The time whose presses such an event at `t` may concern; others concern none."""


_GROW = (
    "ON CONFLICT (tp, stage) DO UPDATE SET "
    "first = CASE WHEN excluded.first < uncleaned.first THEN excluded.first ELSE uncleaned.first END, "
    "last = CASE WHEN excluded.last > uncleaned.last THEN excluded.last ELSE uncleaned.last END, "
    "turn = excluded.turn"
)
_PUT_SQLITE, _PUT_POSTGRESQL = (
    f"INSERT INTO uncleaned (tp, stage, first, last, turn) VALUES ({', '.join([place] * 5)}) {_GROW}"
    for place in ("?", "%s")
)
_TAKE = text(
    "INSERT INTO uncleaned (tp, stage, first, last, turn) "
    f"SELECT tp, 'taken', first, last, turn FROM uncleaned WHERE stage = 'arrived' {_GROW}"
)
