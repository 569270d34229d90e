"""What can go wrong with a panel's firmware."""

from tillsight_models.errors import TillsightError


class NoPanel(TillsightError, OSError):
    """Nobody answers on the port, or somebody else has it."""


class FlashFailed(TillsightError, RuntimeError):
    """The panel keeps the firmware that it had."""
