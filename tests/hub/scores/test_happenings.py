"""What happened at some touchpoints in a period: alerts, incidents, actions."""

import json
from typing import Any

from sqlalchemy import Engine, insert
from tests.harness.ingesting import DAY, NOON

from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.periods import Period
from tillsight_hub.scores.happenings import Happening, read_happenings
from tillsight_hub.tables import action, alert

WEEK = Period("2026-10-05", "2026-10-11")


def note(engine: Engine, place: str, first_day: str, last_day: str | None = None, **more: Any) -> None:
    values = {
        "kind": "action",
        "title": "Second till",
        "detail": "",
        "roles": "{}",
        "created": 0,
        "actor": "ada",
    }
    with engine.begin() as connection:
        connection.execute(
            insert(action).values(place=place, first_day=first_day, last_day=last_day, **values | more)
        )


def raise_alert(engine: Engine, tp: str, t: int, qualified: str | None = None) -> None:
    values = {"rule_id": 1, "rule_version": 1, "since": t, "noticed": t, "detail": json.dumps({})}
    with engine.begin() as connection:
        connection.execute(insert(alert).values(tp=tp, raised=t, qualified=qualified, **values))


def read(engine: Engine, *places: str) -> list[Happening]:
    with engine.connect() as connection:
        known = read_hierarchy(connection).touchpoints
        return read_happenings(connection, [known[place] for place in places], WEEK)


def test_they_come_in_order_of_time(either_engine: Engine) -> None:
    note(either_engine, "till-1", "2026-10-08", kind="incident", title="Card reader")
    raise_alert(either_engine, "till-1", NOON, "true")
    found = read(either_engine, "till-1")
    assert [(each.kind, each.day) for each in found] == [("alert", "2026-10-06"), ("incident", "2026-10-08")]
    assert (found[0].t, found[0].qualified, found[1].title) == (NOON, "true", "Card reader")


def test_what_was_done_above_concerns_the_touchpoint_and_what_was_done_beside_does_not(
    engine: Engine,
) -> None:
    note(engine, "rome", "2026-10-06", title="of the store")
    note(engine, "till-2", "2026-10-06", title="of the other till")
    note(engine, "acme", "2026-10-06", title="of the company")
    assert {each.title for each in read(engine, "till-1")} == {"of the store", "of the company"}
    assert len(read(engine, "till-1", "till-2")) == 3


def test_only_what_lies_in_the_period_or_reaches_into_it(engine: Engine) -> None:
    note(engine, "rome", "2026-09-01", "2026-10-05", title="reaches into it")
    note(engine, "rome", "2026-09-01", "2026-10-04", title="was over")
    note(engine, "rome", "2026-09-01", None, title="on one day long ago")
    note(engine, "rome", "2026-10-12", title="comes later")
    raise_alert(engine, "till-1", NOON + 6 * DAY)
    assert [each.title for each in read(engine, "till-1")] == ["reaches into it"]
