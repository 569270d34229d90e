"""Teams: the shifts of a touchpoint beside each other, as far as their order is known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import exp, sqrt

from .metrics.intervals import z_value
from .metrics.registry import Catalogue, Metric, Score
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
    readings = pulled([reading(scores[key], line) for key in members])
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


def pulled(readings: Sequence[Reading]) -> list[Reading]:
    """Each between itself and the mean of all, the nearer to that the less it is known itself.

    Normal around normal; the variance between by moments (DerSimonian, Laird 1986), and the error of the mean
    is part of each error: with tau = 0 all have the mean, and its error.
    """
    if not readings:
        return []
    weights = [1 / each.error**2 for each in readings]
    mean = _mean(readings, weights)
    spread = sum(w * (each.value - mean) ** 2 for w, each in zip(weights, readings, strict=True))
    room = sum(weights) - sum(w * w for w in weights) / sum(weights)
    between = max(0.0, (spread - len(readings) + 1) / room) if room > 0 else 0.0
    weights = [1 / (each.error**2 + between) for each in readings]
    mean = _mean(readings, weights)
    found = []
    for each in readings:
        pull = each.error**2 / (each.error**2 + between)
        variance = (1 - pull) * each.error**2 + pull * pull / sum(weights)
        found.append(Reading(each.value - pull * (each.value - mean), sqrt(variance)))
    return found


def _mean(readings: Sequence[Reading], weights: Sequence[float]) -> float:
    return sum(w * each.value for w, each in zip(weights, readings, strict=True)) / sum(weights)


def from_line(value: float, line: Line) -> float:
    """From the line on which a score's error is normal to the score."""
    if line == "log":
        return exp(value)
    if line == "mirrored-log":
        return 1 - exp(value)
    return min(1.0, max(0.0, value)) if line == "counts" else value
