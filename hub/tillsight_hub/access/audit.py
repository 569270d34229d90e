"""The audit trail: who did what to accounts, tokens and sessions."""

from sqlalchemy import Connection, insert

from .. import tables
from .clock import now_ms


def record(connection: Connection, actor: str, action: str, detail: str = "") -> None:
    """One audit row, in the transaction of the change it tells of."""
    connection.execute(
        insert(tables.audit).values(at=now_ms(), actor=actor[:80], action=action, detail=detail[:500])
    )
