"""Explanations: where a number comes from, down to the events, so that anyone can follow or refute it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isclose

from sqlalchemy import Connection

from ..cleaning.rules import CleaningSettings
from ..errors import BadScoreId
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.registry import Catalogue, Metric, Score
from .doubts import Doubt, read_doubts
from .evidence import AuditMade, RulePresses, audits_made, latest_arrival, rule_presses, undated_events
from .named_scores import group_of, members_of, metric_of
from .recount import events_of, recounted
from .revisions import read_revisions
from .score_ids import ScoreId, days_of
from .scores import Group
from .working import Input, inputs_of, working


@dataclass(frozen=True)
class Explanation:
    """Everything about one number."""

    question: ScoreId
    revision: int
    metric: Metric
    score: Score
    group: Group
    places: Sequence[Touchpoint]
    """All touchpoints in it."""
    working: str
    """The formula with the numbers put in; empty where the number is withheld."""
    inputs: Sequence[Input]
    rules: Sequence[RulePresses]
    audits: Sequence[AuditMade]
    lost: Sequence[Doubt]
    """Times in which devices gave up events."""
    undated: int
    """Events of these touchpoints whose time is not known; they are in no day."""
    latest_arrival: int | None
    """ms UTC at which something last came from a device that stands here."""
    events: int
    """Of the period's business days, whatever their type."""


@dataclass(frozen=True)
class Recomputed:
    """The same score from the raw events."""

    score: Score
    agrees: bool
    """Whether it is the score that was shown, in every number, in status and flags."""


def explain(
    connection: Connection,
    hierarchy: Hierarchy,
    scope: str | None,
    score_id: str,
    *,
    metrics: Catalogue,
    rules: CleaningSettings,
) -> Explanation:
    """The score of this id as it is now; BadScoreId or UnknownPlace where this scope has no such score."""
    question = ScoreId.parse(score_id)
    metric = metric_of(question, metrics)
    places = members_of(question, hierarchy, scope)
    group = group_of(connection, question, hierarchy, places, metrics.chosen([metric.id]))
    if not metric.applies(group.counts.scale):
        raise BadScoreId(f"score {question}: {metric.id} is not of this scale")
    score = metric.score(group.counts, question.level)
    ids = [place.id for place in places]
    revisions = read_revisions(connection, places, question.period)
    return Explanation(
        question=question,
        revision=revisions.of(ids, days_of(question, places[0].calendar)),
        metric=metric,
        score=score,
        group=group,
        places=places,
        working=working(metric, group.counts, score),
        inputs=inputs_of(metric, group.counts),
        rules=rule_presses(group.counts, rules),
        audits=audits_made(connection, places, question.period),
        lost=_lost(connection, ids, group),
        undated=undated_events(connection, places),
        latest_arrival=latest_arrival(connection, places),
        events=events_of(connection, places, question.period),
    )


def recompute(
    connection: Connection, hierarchy: Hierarchy, shown: Explanation, metrics: Catalogue
) -> Recomputed:
    """The score from the raw events, through the same counters, counts and formula; TooManyEvents.

    What is doubted about the period (lost events) is not in any event, so it is taken over.
    """
    question = shown.question
    with recounted(connection, shown.places, question.period) as fresh:
        group = group_of(fresh, question, hierarchy, shown.places, metrics.chosen([shown.metric.id]))
    counts = replace(group.counts, doubts=shown.group.counts.doubts)
    score = shown.metric.score(counts, question.level)
    return Recomputed(score, _is_same(score, shown.score))


def _lost(connection: Connection, places: Sequence[str], group: Group) -> list[Doubt]:
    doubts = read_doubts(connection, places, group.start, group.end)
    return [doubt for doubt in doubts if doubt.flag == "incomplete"]


def _is_same(one: Score, two: Score) -> bool:
    """But for the last digits of a sum of floats."""
    return all(_is_close(this, getattr(two, name)) for name, this in vars(one).items())


def _is_close(one: object, two: object) -> bool:
    if isinstance(one, float) and isinstance(two, float):
        return isclose(one, two, rel_tol=1e-9, abs_tol=1e-12)
    return one == two
