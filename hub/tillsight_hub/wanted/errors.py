"""What can be wrong with what somebody wants of devices."""

from collections.abc import Mapping

from tillsight_models.errors import TillsightError


class BadSettings(TillsightError, ValueError):
    """Settings that are not kept; `problems` by field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = problems


class StaleSettings(BadSettings):
    """Somebody else changed them first; `problems` has who, by `base`."""

    def __init__(self, actor: str) -> None:
        super().__init__({"base": actor})
