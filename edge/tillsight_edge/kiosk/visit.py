"""One shopper's visit, as the screen knows it; and the little of it that is written down meanwhile."""

from dataclasses import dataclass, field

from msgspec import Struct

from tillsight_models.events import SurveyEnded
from tillsight_models.surveys import Answer

from ..feedback import Vote


class OpenVisit(Struct, frozen=True):
    """What is written down of a questionnaire that is under way, so that it ends also after a power cut."""

    visit: str
    survey: str
    version: int
    language: str

    def abandoned(self) -> SurveyEnded:
        """How it ended where nobody was there to end it."""
        return SurveyEnded(
            survey=self.survey,
            survey_version=self.version,
            visit=self.visit,
            outcome="abandoned",
            language=self.language,
        )


@dataclass
class Visit:
    """What is known of one shopper, and forgotten with the visit."""

    id: str
    vote: Vote
    left_out: frozenset[str]
    answers: dict[str, Answer] = field(default_factory=dict)
    began: bool = False
    """The questionnaire was shown."""
    chosen: list[str] = field(default_factory=list)
    """Of the question that is shown: options so far."""
    rows: dict[str, int] = field(default_factory=dict)
    """Of the matrix that is shown: points so far."""
    given: int = 0
    """Questions of the questionnaire that were answered, not skipped."""
