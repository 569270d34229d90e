"""The root of every error that Tillsight raises on purpose."""

from collections.abc import Sequence


class TillsightError(Exception):
    """Something that a person can act on; its text names the thing and the value."""


class BadEvent(TillsightError, ValueError):
    """A message that is not an event of this contract.

    `reason` is a short word for counting (`bad-json`, `bad-type`, ...); the text says what was wrong.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class BadTopic(TillsightError, ValueError):
    """A topic that is not one of ours."""


class BadScale(TillsightError, ValueError):
    """A rating scale, button or rating that does not exist."""


class BadConfig(TillsightError, ValueError):
    """A configuration with one or more problems, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BadCode(TillsightError, ValueError):
    """A continuation code or key that cannot be made or read."""
