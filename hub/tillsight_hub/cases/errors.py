"""What goes wrong with cases and actions."""

from tillsight_models.errors import TillsightError


class BadCase(TillsightError, ValueError):
    """What somebody typed will not do; `field` is where they typed it."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


class UnknownCase(TillsightError, LookupError):
    """No case of this number that this viewer may see."""


class CaseTaken(TillsightError, RuntimeError):
    """Somebody else was faster, or the case is not in the state that the change needs."""
