"""What can go wrong with reports."""

from tillsight_models.errors import TillsightError


class ReportFailed(TillsightError, RuntimeError):
    """A report that could not be made."""


class BadSchedule(TillsightError, ValueError):
    """A schedule that makes no sense; names the field."""

    def __init__(self, field: str, message: str, value: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.value = value


class UnknownReport(TillsightError, LookupError):
    """No schedule or link of this number that this viewer may see."""
