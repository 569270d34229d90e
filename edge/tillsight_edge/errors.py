"""What can go wrong on the device on purpose; every text names the thing and the value."""

from tillsight_models.errors import TillsightError


class OutboxUnwritable(TillsightError, OSError):
    """The outbox cannot be read or written now; nothing was stored, and the caller may try again."""


class OutboxInUse(TillsightError, RuntimeError):
    """Another agent runs on this outbox."""


class PinsUnavailable(TillsightError, OSError):
    """The pins cannot be used on this machine."""
