"""What can go wrong on the device on purpose; every text names the thing and the value."""

from tillsight_models.errors import TillsightError


class OutboxUnwritable(TillsightError, OSError):
    """The outbox cannot be read or written now; nothing was stored, and the caller may try again."""


class OutboxInUse(TillsightError, RuntimeError):
    """Another agent runs on this outbox."""


class PinsUnavailable(TillsightError, OSError):
    """The pins cannot be used on this machine."""


class AuditNotHandedOver(TillsightError, OSError):
    """The result of an audit could not be laid where the agent finds it."""


class CounterSilent(TillsightError, RuntimeError):
    """There is no running agent that counts what an audit was asked to look at."""


class PageUnavailable(TillsightError, OSError):
    """A page cannot be served at the address that was asked for."""


class ConfigUnwritable(TillsightError, OSError):
    """The configuration file cannot be replaced; the old one is there as it was."""


class OrderRefused(TillsightError, RuntimeError):
    """An order of the hub that this device does not carry out, or could not."""


class EnrolmentFailed(TillsightError, RuntimeError):
    """The device has no certificate, or did not get the one that it asked for."""
