"""Errors of the hub that a person can act on; each text names the thing and the value."""

from tillsight_models.errors import TillsightError


class DatabaseFailed(TillsightError, RuntimeError):
    """The database refuses what we ask of it."""


class DatabaseUnreachable(DatabaseFailed):
    """The database does not answer; it may, later."""


class SchemaMismatch(TillsightError, RuntimeError):
    """The tables are another version's."""


class AddressInUse(TillsightError, OSError):
    """A port that we want is taken."""


class BrokerFailed(TillsightError, RuntimeError):
    """The embedded broker does not start."""
