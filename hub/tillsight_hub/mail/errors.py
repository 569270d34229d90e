"""What can go wrong with mail."""

from tillsight_models.errors import TillsightError


class BadAddress(TillsightError, ValueError):
    """A text that is no mail address, or a list of them that is empty or too long."""

    def __init__(self, message: str, address: str = "") -> None:
        super().__init__(message)
        self.address = address


class MailRefused(TillsightError, OSError):
    """The server did not take a mail, or could not be reached; `lasting` where trying again cannot help."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting
