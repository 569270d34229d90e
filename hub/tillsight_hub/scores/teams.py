"""Teams: the shifts of a touchpoint beside each other, as far as their order is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import exp

import numpy as np

from ..metrics.intervals import z_value
from ..metrics.registry import Catalogue, Metric, Score
from ..metrics.shrinkage import pulled
from .ranking import Line, Reading, Standing, line_of, ranked, reading
from .scores import Group


def shift_standings(
    found: Iterable[tuple[Group, Sequence[Score]]], metrics: Catalogue, level: float
) -> dict[tuple[str, str], Standing]:
    """By group and metric: the score pulled towards those of the teams at the same touchpoint."""
    compared: dict[tuple[str, str], dict[str, Score]] = {}
    for group, scores in found:
        touchpoint = group.key.partition("/")[0]
        for score in scores:
            if metrics[score.metric].unit == "count":
                continue
            compared.setdefault((touchpoint, score.metric), {})[group.key] = score
    return {
        (key, metric): standing
        for (_, metric), of_teams in compared.items()
        for key, standing in _standings(of_teams, metrics[metric], level).items()
    }


def _standings(scores: Mapping[str, Score], metric: Metric, level: float) -> dict[str, Standing]:
    """As all rankings have them, but that the mean of so few teams is not taken to be known."""
    standings = ranked(scores, metric, level)
    members = [key for key, standing in standings.items() if standing.reason is None]
    line = line_of(metric)
    readings = _pulled([reading(scores[key], line) for key in members])
    reach = z_value(level)
    for key, (value, error) in zip(members, readings, strict=True):
        ends = sorted(from_line(value + side * reach * error, line) for side in (-1, 1))
        standings[key] = replace(
            standings[key],
            shrunk_value=from_line(value, line),
            shrunk_lower=ends[0],
            shrunk_upper=ends[1],
        )
    return standings


def _pulled(readings: Sequence[Reading]) -> list[Reading]:
    """Each between itself and the mean of all; the error of that mean is part of each error.

    Of e^2 + tau^2 the pull is e^2 / (e^2 + tau^2), and the mean's variance 1 / sum 1 / (e^2 + tau^2): teams
    that are alike have the mean, and its error (Morris 1983).
    """
    if not readings:
        return []
    values, errors = np.array(readings).T
    found = pulled(values, errors)
    pull = 1 - found.spread**2 / errors**2
    of_mean = 1 / np.sum(pull / errors**2) if pull.any() else 0.0
    spread = np.sqrt(found.spread**2 + pull**2 * of_mean)
    return [Reading(*map(float, each)) for each in zip(found.centre, spread, strict=True)]


def from_line(value: float, line: Line) -> float:
    """From the line on which a score's error is normal to the score."""
    if line == "log":
        return exp(value)
    if line == "mirrored-log":
        return 1 - exp(value)
    return min(1.0, max(0.0, value)) if line == "counts" else value
