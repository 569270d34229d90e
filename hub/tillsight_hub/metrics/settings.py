"""What an organisation may set about its metrics."""

from math import isclose
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from tillsight_models.configuration import Settings
from tillsight_models.scales import scale

from .questions import Questions, check_questions

Weight = Annotated[float, Field(ge=0, le=100)]
Times = Annotated[float, Field(gt=0, le=100)]
FORCES = ("Certainty", "Fair Treatment", "Control", "Status", "Belonging", "Enjoyment")
"""The six forces of customer experience, as published in 2025."""

SUPPRESS_BELOW = 10
"""A number that tells what fewer people than this said is withheld, unless the hub is configured otherwise;
plain counts are not."""


class MetricSettings(Settings):
    """Choices that the published formulas leave open."""

    happy_index_weights: dict[str, tuple[Weight, ...]] = Field(default_factory=dict)
    """By scale: what each rating is worth in the happy index, worst first; else equal steps from 0 to 100."""
    eagerness: tuple[Times, Times] = (1.0, 3.0)
    """How many times as readily as others dissatisfied customers are thought to press: at least, at most."""
    questions: Questions = ()
    """Which question of which questionnaire asks what."""
    csi_weights: tuple[Weight, Weight, Weight] = (1, 1, 1)
    """Of the satisfaction index: overall, against expectations, against the ideal."""
    servqual_weights: tuple[Weight, Weight, Weight, Weight, Weight] = (20, 20, 20, 20, 20)
    """100 points shared out: tangibles, reliability, responsiveness, assurance, empathy."""
    forces: tuple[Annotated[str, Field(min_length=1, max_length=60)], ...] = FORCES
    """Of customer experience: what `force:NAME` may name."""

    @field_validator("happy_index_weights")
    @classmethod
    def _fit_their_scales(cls, weights: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        for scale_id, values in weights.items():
            expected = scale(scale_id).ratings
            if len(values) != expected or list(values) != sorted(values):
                raise ValueError(f"{scale_id}: expected {expected} weights, none below the one before it")
        return weights

    @field_validator("eagerness")
    @classmethod
    def _rise(cls, eagerness: tuple[float, float]) -> tuple[float, float]:
        if eagerness[0] > eagerness[1]:
            raise ValueError("expected the lower number first")
        return eagerness

    @field_validator("csi_weights")
    @classmethod
    def _weigh_something(cls, weights: tuple[float, ...]) -> tuple[float, ...]:
        if not sum(weights):
            raise ValueError("expected at least one weight above 0")
        return weights

    @field_validator("servqual_weights")
    @classmethod
    def _share_out_100_points(cls, weights: tuple[float, ...]) -> tuple[float, ...]:
        if not isclose(sum(weights), 100, abs_tol=0.01):
            raise ValueError(f"expected 100 points together, not {sum(weights):g}")
        return weights

    @model_validator(mode="after")
    def _questions_fit(self) -> "MetricSettings":
        check_questions(self.questions, self.forces)
        return self
