"""What can be wrong with what somebody wants of devices."""

from collections.abc import Mapping

from tillsight_models.errors import TillsightError


class BadSettings(TillsightError, ValueError):
    """Settings that are not kept; `problems` by field, `base` where somebody else changed them first."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = problems
