"""What can be wrong with an account, a token or a login."""

from tillsight_models.errors import TillsightError


class BadAccount(TillsightError, ValueError):
    """A user or token that cannot be made or found; the text names it."""


class LinkOver(TillsightError, LookupError):
    """A one-time link that is unknown, used or over; deliberately says no more."""


class LoginRefused(TillsightError):
    """Name and password do not belong together; deliberately says no more."""


class TooManyAttempts(TillsightError):
    """Too many wrong logins lately for this name or from this address."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many attempts: try again in {wait_s} s")
        self.wait_s = wait_s
