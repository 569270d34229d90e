"""What was kept long enough goes, and no number with it."""

import argparse
import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select
from tests.harness.ingesting import DAY, NOON, Box, rollups_of, table_rows, take

from tillsight_hub.access.audit import record
from tillsight_hub.cases.settings import CaseSettings
from tillsight_hub.compliance.command import add_retention_arguments, run_retention_command
from tillsight_hub.compliance.retention import Forgotten, due, forget, last_run, rules
from tillsight_hub.compliance.settings import RetentionSettings
from tillsight_hub.config import HubConfig
from tillsight_hub.consistency import verify
from tillsight_hub.database import migrate, open_database, writing
from tillsight_hub.tables import audit, case_note, contact_request, service_case, survey
from tillsight_hub.visits.erasing import erase
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
    assert {name: number for name, number in run[1].items() if number} == {"deeds": 1}


def note(engine: Engine, closed: int | None, request: int | None = None) -> None:
    """A case with a note."""
    case = {"tp": "till-1", "opened": NOON, "origin": "person", "title": "Cold", "state": "open"}
    with writing(engine) as connection:
        made = insert(service_case).values(**case, deadline=NOON, closed=closed, request_id=request)
        number = connection.execute(made.returning(service_case.c.id)).scalar_one()
        row = {"case_id": number, "at": NOON, "actor": "mona", "text": "Mrs Rossi called"}
        connection.execute(insert(case_note).values(row))


def notes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(case_note.c.text).order_by(case_note.c.id)))


def test_notes_of_closed_cases_go_and_of_open_ones_stay(either: Engine) -> None:
    note(either, NOON)
    note(either, None)
    settings = RetentionSettings(notes_days=30)
    assert due(either, settings, NOON + 31 * DAY)["notes"] == 1
    assert forget(either, settings, NOON + 31 * DAY) == Forgotten(notes=1)
    assert notes(either) == ["", "Mrs Rossi called"]


def test_who_is_erased_is_erased_from_notes_too(engine: Engine) -> None:
    row = {"name": "Rossi", "address": "r@example.org", "message": "", "language": "it", "consent": "yes"}
    with writing(engine) as connection:
        made = insert(contact_request).values(**row, tp="till-1", at=NOON, erase_after=NOON + DAY)
        number = connection.execute(made.returning(contact_request.c.id)).scalar_one()
    note(engine, None, request=number)
    assert erase(engine, number, NOON)
    assert notes(engine) == [""]


def test_the_command_counts_before_it_deletes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "hub.db"
    made = open_database(f"sqlite:///{file}")
    migrate(made)
    note(made, NOON - 4000 * DAY)
    config = HubConfig(data_dir=tmp_path)
    parser = argparse.ArgumentParser()
    add_retention_arguments(parser)
    for words, said, left in (
        (["list"], "notes: 365 days (retention.notes_days)", 1),
        (["run", "--dry-run"], "notes: 1 would go", 1),
        (["run"], "notes: 1 gone", 0),
    ):
        assert run_retention_command(parser.parse_args(words), config) == 0
        assert said in capsys.readouterr().out
        assert sum(map(bool, notes(made))) == left


def test_every_rule_names_its_setting() -> None:
    assert {rule.name: rule.days for rule in rules(RetentionSettings(), CaseSettings())} == {
        "totals": None,
        "events": 1825,
        "texts": 90,
        "notes": 365,
        "contacts": 90,
        "visits": 7,
        "quarantine": 90,
        "mail": 400,
        "alarms": 365,
        "audit": 1095,
    }
