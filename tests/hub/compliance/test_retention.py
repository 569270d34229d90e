"""What was kept long enough goes, and no number with it."""

import json

import pytest
from sqlalchemy import Engine, insert
from tests.harness.ingesting import DAY, NOON, Box, rollups_of, table_rows, take

from tillsight_hub.access.audit import record
from tillsight_hub.cases.settings import CaseSettings
from tillsight_hub.compliance.retention import Forgotten, forget, last_run, rules
from tillsight_hub.compliance.settings import RetentionSettings
from tillsight_hub.consistency import verify
from tillsight_hub.database import writing
from tillsight_hub.tables import audit, survey
from tillsight_models.events import QuestionAnswered

SETTINGS = RetentionSettings(texts_days=90, quarantine_days=30, audit_days=400)
CONTENT = {
    "id": "exit",
    "version": 1,
    "languages": ["en"],
    "questions": [
        {"id": "words", "kind": "text", "text": {"en": "Words?"}},
        {
            "id": "door",
            "kind": "single",
            "text": {"en": "Which?"},
            "options": [{"id": "left", "text": {"en": "Left"}}, {"id": "right", "text": {"en": "Right"}}],
        },
    ],
}


@pytest.fixture(params=["engine", "postgresql_engine"])
def either(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.getfixturevalue(request.param)
    return chosen


def answer(engine: Engine, question: str, value: object, received: int, stream: str) -> None:
    box = Box(stream=stream.ljust(16, "a"))
    payload = QuestionAnswered(
        survey="exit",
        survey_version=1,
        visit="0" * 20,
        question=question,
        value=value,  # type: ignore[arg-type]
        language="en",
    )
    take(engine, (box, [box.event(payload, t=NOON)]), received=received)


def ask(engine: Engine) -> None:
    row = {"id": "exit", "version": 1, "content": json.dumps(CONTENT), "created": NOON}
    with writing(engine) as connection:
        connection.execute(insert(survey).values(actor="ada", org_id="acme", state="published", **row))


def values(engine: Engine) -> list[object]:
    rows = table_rows(engine, "event", "data", "received")
    return [json.loads(row["data"])["value"] for row in sorted(rows, key=lambda row: row["received"])]


def test_what_is_old_goes_and_what_is_young_stays(either: Engine) -> None:
    ask(either)
    answer(either, "words", "cold in here", NOON, "old")
    answer(either, "words", "warm in here", NOON + 5 * DAY, "young")
    assert forget(either, SETTINGS, NOON + 91 * DAY) == Forgotten(texts=1)
    assert values(either) == [None, "warm in here"]
    assert forget(either, SETTINGS, NOON + 92 * DAY) == Forgotten()
    assert forget(either, SETTINGS, NOON + 96 * DAY) == Forgotten(texts=1)


def test_an_option_that_was_chosen_is_no_text(engine: Engine) -> None:
    ask(engine)
    answer(engine, "door", "left", NOON, "door")
    assert forget(engine, SETTINGS, NOON + 100 * DAY) == Forgotten()
    assert values(engine) == ["left"]


def test_numbers_stay_as_they_were(either: Engine) -> None:
    box = Box()
    take(either, (box, [box.press(1), box.contact(), box.press(4)]), received=NOON)
    take(either, (Box(stream="b" * 16), [b'{"no": "event"}']), received=NOON)
    before = rollups_of(either)
    assert forget(either, SETTINGS, NOON + 4000 * DAY).messages == 1
    assert rollups_of(either) == before
    assert verify(either, "all").mismatches == 0


def test_a_message_leaves_its_reason(engine: Engine) -> None:
    take(engine, (Box(), [b'{"no": "event"}']), received=NOON)
    forget(engine, SETTINGS, NOON + 31 * DAY)
    (row,) = table_rows(engine, "quarantine")
    assert (row["payload"], bool(row["reason"]), row["size"] > 0) == (b"", True, True)


def test_the_audit_trail_ends_and_says_so(engine: Engine) -> None:
    with writing(engine) as connection:
        record(connection, "ada", "user.added", "mona")
        connection.execute(audit.update().values(at=NOON))
    assert forget(engine, SETTINGS, NOON + 401 * DAY) == Forgotten(deeds=1)
    with engine.connect() as connection:
        run = last_run(connection)
    assert run is not None
    assert run[1] == {"texts": 0, "messages": 0, "deeds": 1, "alarms": 0}


def test_every_rule_names_its_setting() -> None:
    assert {rule.name: rule.days for rule in rules(RetentionSettings(), CaseSettings())} == {
        "events": None,
        "texts": 90,
        "contacts": 90,
        "visits": 7,
        "quarantine": 90,
        "mail": 400,
        "alarms": 365,
        "audit": 1095,
    }
