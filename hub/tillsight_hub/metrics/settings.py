"""What an organisation may set about its metrics."""

from typing import Annotated

from pydantic import Field, field_validator

from tillsight_models.configuration import Settings
from tillsight_models.scales import scale

Weight = Annotated[float, Field(ge=0, le=100)]


class MetricSettings(Settings):
    """Choices that the published formulas leave open."""

    happy_index_weights: dict[str, tuple[Weight, ...]] = Field(default_factory=dict)
    """By scale: what each rating is worth in the happy index, worst first; else equal steps from 0 to 100."""

    @field_validator("happy_index_weights")
    @classmethod
    def _fit_their_scales(cls, weights: dict[str, tuple[float, ...]]) -> dict[str, tuple[float, ...]]:
        for scale_id, values in weights.items():
            expected = scale(scale_id).ratings
            if len(values) != expected or list(values) != sorted(values):
                raise ValueError(f"{scale_id}: expected {expected} weights, none below the one before it")
        return weights
