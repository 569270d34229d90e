"""What can go wrong with an order before it goes anywhere."""

from tillsight_models.errors import TillsightError


class OrderNotGiven(TillsightError, ValueError):
    """The hub does not give this order; the text says why."""
