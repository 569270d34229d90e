"""Named scores: the number behind an id, asked for again in the way in which it was shown."""

from collections.abc import Sequence
from functools import reduce
from operator import add

from sqlalchemy import Connection

from ..errors import BadScoreId, UnknownMetric, UnknownPlace
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.registry import Catalogue, Metric
from .narrowing import Narrowing, read_narrowed
from .score_ids import ScoreId, hour_of
from .scores import Group, PlaceBy, read_counts, series


def metric_of(question: ScoreId, metrics: Catalogue) -> Metric:
    """BadScoreId where this hub has no such metric."""
    try:
        return metrics[question.metric]
    except UnknownMetric as error:
        raise BadScoreId(f"score {question}: {error}") from error


def members_of(question: ScoreId, hierarchy: Hierarchy, scope: str | None) -> list[Touchpoint]:
    """All touchpoints in the score; UnknownPlace where any of its place is outside the scope."""
    asked = hierarchy.within(question.place)
    if not asked or not all(hierarchy.contains(scope, place.id) for place in asked):
        raise UnknownPlace(f"place {question.place or 'everything'}: you see no such place")
    members = [place for place in asked if place.scale.id == question.scale]
    if not members or (question.cut == "each-hour" and len(members) > 1):
        raise BadScoreId(f"score {question}: there is no such number")
    return members


def group_of(
    connection: Connection,
    question: ScoreId,
    hierarchy: Hierarchy,
    members: Sequence[Touchpoint],
    metrics: Catalogue,
) -> Group:
    """What the score is made of; BadScoreId where nothing is, such as an hour in which nothing was stored."""
    first, last, cut = question.period.first, question.period.last, question.cut
    smallest, questions = metrics.smallest_cell, metrics.questions
    found: Group | None
    if cut == "each-hour":
        hours = series(connection, members[0], question.period, "hour", smallest_cell=smallest)
        found = next((hour for hour in hours if _is_asked(hour, question.key, members[0])), None)
    elif cut == "weekdays" or cut == "hours":  # noqa: PLR1714 - the type checker follows this one
        found = _together(
            read_narrowed(
                connection,
                members,
                question.period,
                _level(hierarchy, question.place),
                Narrowing.of_key(question.key),
                smallest_cell=smallest,
                questions=questions,
            ).groups
        )
    else:
        by = _level(hierarchy, question.place) if cut == "total" else cut
        groups = read_counts(
            connection, members, first, last, by, smallest_cell=smallest, questions=questions
        )
        if cut == "total":
            found = _together(groups)
        else:
            found = next((group for group in groups if group.key == question.key), None)
    if found is None:
        raise BadScoreId(f"score {question}: there is no such number")
    return found


def _is_asked(hour: Group, key: str, place: Touchpoint) -> bool:
    wanted = hour_of(key)
    return hour.key == key if wanted is None else place.calendar.hour_start(hour.start) == wanted


def _level(hierarchy: Hierarchy, place: str | None) -> PlaceBy:
    if place in hierarchy.touchpoints:
        return "touchpoint"
    if place in hierarchy.stores:
        return "store"
    return "region" if place in hierarchy.regions else "org"


def _together(groups: Sequence[Group]) -> Group | None:
    """Several companies are one group only for whoever sees them all."""
    if len(groups) <= 1:
        return groups[0] if groups else None
    zones = {group.tz for group in groups}
    return Group(
        key="",
        label="",
        counts=reduce(add, (group.counts for group in groups)),
        start=min(group.start for group in groups),
        end=max(group.end for group in groups),
        tz=zones.pop() if len(zones) == 1 else None,
        open_minutes=None,
    )
