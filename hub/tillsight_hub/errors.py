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


class BadHours(TillsightError, ValueError):
    """Opening hours with one or more problems, one line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BadZone(TillsightError, ValueError):
    """A time zone that does not exist."""


class UnknownMetric(TillsightError, LookupError):
    """No metric of that id is in the catalogue."""


class UnknownPlace(TillsightError, LookupError):
    """No org, region, store or touchpoint of that id, or not one that this viewer may see."""


class BadPeriod(TillsightError, ValueError):
    """Days that are no period."""


class BadNarrowing(TillsightError, ValueError):
    """Weekdays or hours that are none, or that scores cannot be narrowed to."""


class BadScoreId(TillsightError, ValueError):
    """What should be the id of a score is none."""


class TooManyEvents(TillsightError, ValueError):
    """So many events that counting them again would take too long."""


class EventsGone(TooManyEvents):
    """Events that would have to be counted again are deleted."""


class PartMissing(TillsightError, RuntimeError):
    """An optional part of the program is not installed."""


class ImportFailed(TillsightError, RuntimeError):
    """A file of history that could not be stored, or an import that is not there."""


class BadFile(TillsightError, ValueError):
    """A file of events that cannot be read, or a line in it."""
