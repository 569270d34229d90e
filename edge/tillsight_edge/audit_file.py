"""How the result of an audit reaches the agent, which alone writes the outbox: as a file beside it.

The file has an id. The agent appends the event together with a mark of that id, and removes the file after;
whenever it is killed, the event is stored exactly once.
"""

import glob
import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path

import msgspec

from tillsight_models.events import CounterAudited, Stamp

from .errors import AuditNotHandedOver, OutboxUnwritable
from .outbox import Outbox

log = logging.getLogger(__name__)

AUDIT_MARK = "audit"
"""Key of the outbox mark that remembers the last audit that was appended."""
MAX_BYTES = 64_000


class AuditResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the file holds."""

    id: str
    at: Stamp
    audited: CounterAudited


def hand_over(outbox: Path, audited: CounterAudited, at: Stamp) -> Path:
    """Lay the result beside the outbox, whole or not at all; the agent takes the file away."""
    result = AuditResult(id=secrets.token_hex(8), at=at, audited=audited)
    file = outbox.with_name(f"{outbox.name}.audit-{result.id}.json")
    part = file.with_suffix(".part")
    try:
        with part.open("wb") as written:
            written.write(msgspec.json.encode(result))
            written.flush()
            os.fsync(written.fileno())
        part.replace(file)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise AuditNotHandedOver(f"{part}: {error.strerror}: the audit is not sent to the hub") from error
    return file


class AuditInbox:
    """The agent's side."""

    def __init__(self, outbox: Outbox, path: Path) -> None:
        self._outbox = outbox
        self._path = path
        self._told: set[Path] = set()

    def collect(self) -> None:
        """Append what lies there; what cannot be appended now stays for the next call."""
        name = glob.escape(self._path.name)
        for file in sorted(self._path.parent.glob(f"{name}.audit-*.json")):
            try:
                self._take(file)
            except OutboxUnwritable:
                return
            except OSError as error:
                self._tell(file, f"{file}: {error.strerror}: this audit waits")
                return

    def _take(self, file: Path) -> None:
        result = _read(file)
        if result is None:
            log.error("%s is no result of an audit: it is kept as %s.bad", file, file.name)
            file.replace(file.with_name(f"{file.name}.bad"))
            return
        if self._outbox.mark(AUDIT_MARK) != result.id:
            self._outbox.append(result.audited, result.at, mark=(AUDIT_MARK, result.id))
            log.info("an audit is on its way to the hub")
        file.unlink()

    def _tell(self, file: Path, problem: str) -> None:
        if file not in self._told:
            log.error("%s", problem)
        self._told.add(file)


def _read(file: Path) -> AuditResult | None:
    with file.open("rb") as opened:
        raw = opened.read(MAX_BYTES + 1)
    try:
        return msgspec.json.decode(raw, type=AuditResult)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
