"""Where labels have to be given anew: noted in the transaction that changes what they depend on."""

import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, text

from tillsight_models.events import ButtonPressed, CameraReported, ContactEnded, Payload

from ..calendar import Span
from ..history import HOLDS_MS, TELLS_MS
from ..rollups import TO_THE_HOUR, Standing
from .labelling import LONGEST_CONTACT_MS

ALWAYS = (0, 253_402_300_799_999)
"""All times, ms UTC."""


class Notes:
    """The time, by touchpoint, in which presses may need other labels: first and last ms UTC."""

    def __init__(self) -> None:
        self._spans: dict[str, Span] = {}

    def add(self, tp: str, payload: Payload, stands: Standing) -> None:
        """An event came, went or changed its labels."""
        if stands.tq not in TO_THE_HOUR:
            return
        span = _concerned(payload, stands.t)
        if span is not None:
            known = self._spans.get(tp, span)
            self._spans[tp] = min(known[0], span[0]), max(known[1], span[1])

    def write(self, connection: Connection) -> None:
        """In the order of the touchpoints: several writers then wait for each other and never in a ring."""
        if self._spans:
            connection.execute(_PUT, [_row(tp, "arrived", *self._spans[tp]) for tp in sorted(self._spans)])


def note_anew(connection: Connection, tp_ids: Iterable[str]) -> None:
    """All labels of these touchpoints are to be given anew, when there is time."""
    rows = [_row(tp, "anew", *ALWAYS) for tp in sorted(tp_ids)]
    if rows:
        connection.execute(_PUT, rows)


def take_arrived(connection: Connection) -> None:
    """Make what has arrived the cleaner's own, so that what arrives from now on is told apart from it."""
    connection.execute(_TAKE)
    connection.execute(text("DELETE FROM uncleaned WHERE stage = 'arrived'"))


def next_turn() -> int:
    """A number that no state of a row has had before."""
    return secrets.randbits(62)


def _row(tp: str, stage: str, first: int, last: int) -> dict[str, Any]:
    return {"tp": tp, "stage": stage, "first": first, "last": last, "turn": next_turn()}


def _concerned(payload: Payload, t: int) -> Span | None:
    """The time whose presses such an event at `t` may concern; None where it concerns none."""
    if isinstance(payload, ButtonPressed):
        return t, t
    if isinstance(payload, ContactEnded):
        dwell_ms = round(1000 * payload.dwell_s) or LONGEST_CONTACT_MS  # 0: not known, as of imported counts
        return t - min(LONGEST_CONTACT_MS, dwell_ms), t
    if isinstance(payload, CameraReported) and payload.contacts:
        return t - TELLS_MS, t + HOLDS_MS
    return None


_GROW = (
    "ON CONFLICT (tp, stage) DO UPDATE SET "
    "first = CASE WHEN excluded.first < uncleaned.first THEN excluded.first ELSE uncleaned.first END, "
    "last = CASE WHEN excluded.last > uncleaned.last THEN excluded.last ELSE uncleaned.last END, "
    "turn = excluded.turn"
)
_PUT = text(
    f"INSERT INTO uncleaned (tp, stage, first, last, turn) VALUES (:tp, :stage, :first, :last, :turn) {_GROW}"
)
_TAKE = text(
    "INSERT INTO uncleaned (tp, stage, first, last, turn) "
    f"SELECT tp, 'taken', first, last, turn FROM uncleaned WHERE stage = 'arrived' {_GROW}"
)
