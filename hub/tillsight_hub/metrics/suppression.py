"""Suppression: which cells of a published group are withheld, so that none tells on a few people."""

from collections.abc import Sequence


def published(cells: Sequence[int], k: int, total_published: bool) -> list[int | None]:
    """The cells, None for those withheld: all below k, 0 too.

    Where exactly one is withheld and the total is known, the rest would give it away: then the smallest
    other cell (the first of equals) is withheld as well.
    """
    shown = [cell if cell >= k else None for cell in cells]
    others = [(cell, index) for index, cell in enumerate(shown) if cell is not None]
    if total_published and others and shown.count(None) == 1:
        shown[min(others)[1]] = None
    return shown
