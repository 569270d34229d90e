"""Shares of crossed cells, such as the hours of the week: each pulled towards what its row and column say."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .shrinkage import STRONGEST, WEAKEST, Prior, Shrunk, shrunk

Row = TypeVar("Row", bound=Hashable)
Column = TypeVar("Column", bound=Hashable)

_Numbers = NDArray[np.float64]


def crossed(
    votes: Mapping[tuple[Row, Column], tuple[int, int]], level: float
) -> dict[tuple[Row, Column], Shrunk]:
    """k_i of n_i votes by row and column, each weighed with what row and column expect.

    Expected is m = row + column, the least squares fit of k/n with weights n, kept between 1/(2N) and
    1 - 1/(2N) of all N votes. The spread beyond chance comes by moments around it, with f free numbers of
    the fit and c = mean of m(1-m) with weights n: v = (sum n (k/n - m)^2 - c (cells - f)) / room, with
    room = (N - sum n^2/N) (cells - f) / (cells - 1). A cell's own votes are weighed against s = c/v - 1
    votes of m: the share is Beta(m s + k, (1-m) s + n - k), as in `shrunk`. No spread beyond chance, or no
    more cells than rows and columns explain: STRONGEST, row and column alone decide. Cells without votes are
    absent.
    """
    cells = [cell for cell, (_, n) in votes.items() if n]
    if not cells:
        return {}
    k, n = np.array([votes[cell] for cell in cells], dtype=float).T
    expected, rank = _fitted(cells, k / n, n)
    least = 1 / (2 * n.sum())
    expected = np.clip(expected, least, 1 - least)
    strength = _strength(expected, rank, k, n)
    return {
        cell: shrunk(int(some), int(of), Prior(float(mean), strength), level)
        for cell, some, of, mean in zip(cells, k, n, expected, strict=True)
    }


def _fitted(cells: list[tuple[Row, Column]], shares: _Numbers, n: _Numbers) -> tuple[_Numbers, int]:
    """Row + column by least squares, and how many numbers these are free to choose."""
    rows = {row: at for at, row in enumerate(dict.fromkeys(row for row, _ in cells))}
    columns = {column: len(rows) + at for at, column in enumerate(dict.fromkeys(each for _, each in cells))}
    design = np.zeros((len(cells), len(rows) + len(columns)))
    for at, (row, column) in enumerate(cells):
        design[at, rows[row]] = design[at, columns[column]] = 1
    root = np.sqrt(n)
    found, _, rank, _ = np.linalg.lstsq(design * root[:, None], shares * root, rcond=None)
    return design @ found, int(rank)


def _strength(expected: _Numbers, rank: int, k: _Numbers, n: _Numbers) -> float:
    free = len(n) - rank
    chance = float(np.average(expected * (1 - expected), weights=n))
    beyond = float(np.sum(n * (k / n - expected) ** 2)) - chance * free
    room = float((n.sum() - (n**2).sum() / n.sum()) * free / max(1, len(n) - 1))
    if free <= 0 or beyond <= 0 or room <= 0:
        return STRONGEST
    return min(STRONGEST, max(WEAKEST, chance * room / beyond - 1))
