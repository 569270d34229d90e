"""Rules: which alerts there are where, and how often each one is wrong.

The built-in rule watches every touchpoint against its own baseline. A rule of kind `baseline` for a place
takes its turn there (the nearest place wins); simple rules come beside it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert, select, update

from tillsight_models.configuration import Settings, problem_of
from tillsight_models.errors import TillsightError
from tillsight_models.problems import Problem

from ..access.audit import record
from ..access.clock import now_ms
from ..hierarchy import Hierarchy, Touchpoint
from ..tables import alert_rule
from .settings import AlertSettings, Months
from .simple import SIMPLE, SimpleSettings

BUILT_IN = 0
"""Id of the rule that is there without being made."""

RuleKind = Literal["baseline", "negative-share", "count", "index"]


class BadRule(TillsightError, ValueError):
    """A rule that cannot be kept, and why."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class UnknownRule(TillsightError, LookupError):
    """No rule of this number."""


class UsualSettings(Settings):
    """Of a rule of kind `baseline`."""

    months: Months = 2


RuleSettings = UsualSettings | SimpleSettings


@dataclass(frozen=True)
class Rule:
    """One rule for a place and all that is in it."""

    id: int
    place: str | None
    """Org, region, store or touchpoint; None: everywhere, of the built-in rule."""
    kind: RuleKind
    settings: RuleSettings
    version: int = 1
    enabled: bool = True


def built_in(settings: AlertSettings) -> Rule:
    """The rule that is there without being made."""
    return Rule(BUILT_IN, None, "baseline", UsualSettings(months=settings.months), 1, settings.enabled)


def read_rules(connection: Connection, settings: AlertSettings) -> list[Rule]:
    """All of them, the built-in one first."""
    rows = connection.execute(select(alert_rule).order_by(alert_rule.c.id)).mappings()
    return [built_in(settings), *(_rule(row) for row in rows)]


def months_at(rules: Iterable[Rule], place: Sequence[str | None]) -> float | None:
    """What the nearest rule of kind `baseline` says; `place` names itself and what it lies in, nearest
    first. None where that rule is switched off."""
    usual = {rule.place: rule for rule in rules if rule.kind == "baseline"}
    rule = usual[next(each for each in (*place, None) if each in usual)]
    assert isinstance(rule.settings, UsualSettings)
    return float(rule.settings.months) if rule.enabled else None


def rule_at(rules: Iterable[Rule], place: Sequence[str | None]) -> Rule:
    """The rule of kind `baseline` that holds there."""
    usual = {rule.place: rule for rule in rules if rule.kind == "baseline"}
    return usual[next(each for each in (*place, None) if each in usual)]


def path_of(place: Touchpoint) -> tuple[str, ...]:
    """A touchpoint and all that it lies in, nearest first."""
    return place.id, place.store_id, place.region_id, place.org_id


def simple_rules(rules: Iterable[Rule], place: Touchpoint) -> list[Rule]:
    """The simple rules that hold at a touchpoint."""
    return [
        rule for rule in rules if rule.enabled and rule.kind != "baseline" and rule.place in path_of(place)
    ]


def read_settings_of(kind: str, values: Mapping[str, Any]) -> RuleSettings:
    """BadRule with one line per problem."""
    if kind not in get_args(RuleKind):
        known = ", ".join(get_args(RuleKind))
        raise BadRule(
            Problem(f"kind {kind!r}: expected one of {known}", "rule_kind", given=kind, known=known)
        )
    model: type[RuleSettings] = UsualSettings if kind == "baseline" else SIMPLE[kind]  # type: ignore[index]
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        problems = [problem_of(each) for each in error.errors()]
        raise BadRule(*problems) from None


def add_rule(
    connection: Connection,
    hierarchy: Hierarchy,
    place: str,
    kind: str,
    values: Mapping[str, Any],
    *,
    actor: str,
) -> int:
    """The number of the new rule; BadRule where it cannot be."""
    settings = _checked(connection, hierarchy, place, kind, values, own_id=None)
    row = {"place": place, "kind": kind, "settings": settings.model_dump_json()}
    made = connection.execute(insert(alert_rule).values(**row, created=now_ms(), actor=actor[:80]))
    (number,) = made.inserted_primary_key or (0,)
    record(connection, actor, "alert-rule added", json.dumps({"id": number, **row}))
    return int(number)


def change_rule(
    connection: Connection,
    hierarchy: Hierarchy,
    rule: Rule,
    values: Mapping[str, Any],
    *,
    enabled: bool,
    actor: str,
) -> None:
    """Other settings, or off and on: a new version of the rule."""
    assert rule.place is not None
    settings = _checked(connection, hierarchy, rule.place, rule.kind, values, own_id=rule.id)
    changed = {"settings": settings.model_dump_json(), "enabled": enabled, "version": rule.version + 1}
    connection.execute(update(alert_rule).where(alert_rule.c.id == rule.id).values(**changed))
    record(connection, actor, "alert-rule changed", json.dumps({"id": rule.id, **changed}))


def remove_rule(connection: Connection, rule: Rule, actor: str) -> None:
    """Its alerts stay."""
    connection.execute(delete(alert_rule).where(alert_rule.c.id == rule.id))
    record(connection, actor, "alert-rule removed", json.dumps({"id": rule.id, "place": rule.place}))


def find_rule(connection: Connection, number: int) -> Rule:
    """UnknownRule where there is none that was made."""
    row = connection.execute(select(alert_rule).where(alert_rule.c.id == number)).mappings().first()
    if row is None:
        raise UnknownRule(f"rule {number}: there is none of this number that can be changed")
    return _rule(row)


def _checked(
    connection: Connection,
    hierarchy: Hierarchy,
    place: str,
    kind: str,
    values: Mapping[str, Any],
    *,
    own_id: int | None,
) -> RuleSettings:
    from .knowing import objections

    settings = read_settings_of(kind, values)
    places = hierarchy.within(place)
    if not places:
        line = f"place {place!r}: expected the id of an org, region, store or touchpoint"
        raise BadRule(Problem(line, "no_place", place=place))
    if kind == "baseline":
        query = select(alert_rule.c.id).where(alert_rule.c.place == place, alert_rule.c.kind == kind)
        others = set(connection.scalars(query)) - {own_id}
        if others:
            line = f"place {place}: rule {min(others)} of kind baseline holds there already"
            raise BadRule(Problem(line, "rule_there", place=place, number=min(others)))
    elif problem := objections(connection, places, settings):  # type: ignore[arg-type]
        raise BadRule(problem.within(f"{kind} at {place}: "))
    return settings


def _rule(row: Mapping[Any, Any]) -> Rule:
    settings = read_settings_of(row["kind"], json.loads(row["settings"]))
    return Rule(row["id"], row["place"], row["kind"], settings, row["version"], row["enabled"])
