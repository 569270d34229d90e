"""What cannot be done with surveys, looks and cards; every text is for the person who tried."""

from collections.abc import Sequence

from tillsight_models.errors import TillsightError
from tillsight_models.problems import Problem


class UnknownSurvey(TillsightError, LookupError):
    """There is no such survey, or no such version of it."""


class NotDraft(TillsightError, ValueError):
    """What is published never changes."""


class StaleDraft(TillsightError, ValueError):
    """Somebody else saved another content since this one was opened."""

    def __init__(self, actor: str) -> None:
        super().__init__(f"{actor} has saved another content meanwhile")
        self.actor = actor


class BadSurvey(TillsightError, ValueError):
    """A survey that cannot be asked; one line a problem, as the contract says them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class BadLook(TillsightError, ValueError):
    """Settings of a screen that cannot be; field and what is wrong."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("\n".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = problems
