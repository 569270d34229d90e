"""What if the rules were others: computed from the events, and nothing is written."""

import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from tests.harness.cleaning import half_a_day
from tests.harness.ingesting import HOUR, NOON, Box, table_rows, take

from tillsight_hub import tables
from tillsight_hub.__main__ import main
from tillsight_hub.cleaning.cleaner import Cleaner
from tillsight_hub.cleaning.rules import CleaningSettings
from tillsight_hub.cleaning.what_if import Comparison, what_if
from tillsight_hub.errors import TooManyEvents
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.periods import Period
from tillsight_hub.scores.scores import read_counts

DAY = Period("2026-10-06", "2026-10-06")
RULES = CleaningSettings()


def test_the_current_rules_give_what_is_stored(either_engine: Engine) -> None:
    _cleaned_half_day(either_engine)
    for compared in _asked(either_engine, RULES):
        assert compared.relabelled == 0
        assert compared.before == compared.after
    with either_engine.connect() as connection:
        places = read_hierarchy(connection).within(None)
        stored = read_counts(connection, places, DAY.first, DAY.last)
    assert [each.before.counts for each in _asked(either_engine, RULES)] == [group.counts for group in stored]


def test_other_rules_give_what_a_hub_with_them_would_have_stored(either_engine: Engine) -> None:
    _cleaned_half_day(either_engine)
    others = RULES.changed({"staff.mode": "off", "session.gap_s": "0.5", "orphan.mode": "set-aside"})
    asked = _asked(either_engine, others)
    Cleaner(either_engine, others).clean_all()
    stored = _asked(either_engine, others)
    assert [each.after.counts for each in asked] == [each.before.counts for each in stored]
    assert next(each for each in asked if each.after.key == "till-1").relabelled > 10


def test_nothing_is_written(either_engine: Engine) -> None:
    _cleaned_half_day(either_engine)
    before = {name: table_rows(either_engine, name) for name in tables.metadata.tables}
    _asked(either_engine, RULES.changed({"session.mode": "off"}))
    assert {name: table_rows(either_engine, name) for name in tables.metadata.tables} == before


def test_not_one_byte_of_the_file_changes(engine: Engine, tmp_path: Path) -> None:
    _cleaned_half_day(engine)
    engine.dispose()
    file = tmp_path / "hub.db"
    digest = hashlib.sha256(file.read_bytes()).digest()
    _asked(engine, RULES.changed({"session.mode": "off"}))
    engine.dispose()
    assert hashlib.sha256(file.read_bytes()).digest() == digest


def test_what_lies_around_the_period_decides_as_it_does_live(engine: Engine) -> None:
    box = Box()
    midnight = NOON + 12 * HOUR
    contact = box.contact(t=midnight + 60_000, dwell_s=120)
    burst = [box.press(1, t=midnight + (n - 6) * 1000) for n in range(12)]
    take(engine, (box, [contact, *burst]))
    rules = RULES.changed({"orphan.mode": "set-aside", "out_of_hours.mode": "off", "session.mode": "off"})
    (till,) = (each for each in _asked(engine, rules) if each.before.key == "till-1")
    assert till.after.counts.found == {
        "session": 0,
        "mashing": 6,
        "staff": 0,
        "orphan": 0,
        "out-of-hours": 0,
    }


def test_bursts_come_with_how_unlikely_they_are(engine: Engine) -> None:
    _cleaned_half_day(engine)
    (till,) = (each for each in _asked(engine, RULES) if each.before.key == "till-1")
    assert {burst.rule for burst in till.bursts} == {"mashing", "staff"}
    assert all(0 <= burst.p_value < 1e-6 for burst in till.bursts)


def test_a_period_with_too_many_events_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    _cleaned_half_day(engine)
    monkeypatch.setattr("tillsight_hub.scores.recount.MAX_EVENTS", 3)
    with pytest.raises(TooManyEvents):
        _asked(engine, RULES)


def test_the_command_prints_both(engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _cleaned_half_day(engine)
    asked = ["what-if", "--data-dir", str(tmp_path), "--from", DAY.first, "--to", DAY.last]
    assert main([*asked, "--place", "till-1", "--set", "staff.mode=off", "--metric", "responses"]) == 0
    text = capsys.readouterr().out
    assert "8 presses with other labels" in text
    assert "responses: " in text
    assert main([*asked, "--place", "till-1", "--set", "staff.mode=label", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["relabelled"] == 8
    assert answer["after"]["set_aside"] == answer["before"]["set_aside"] - 8


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (["--set", "session.gap_s"], "session.gap_s: expected NAME=VALUE"),
        (["--set", "session.gap_s=-1"], "session.gap_s: -1: should be greater than 0"),
        (["--set", "nobody.mode=off"], "nobody.mode: expected one of session.mode, "),
        (["--set", "staff.mode=on"], "staff.mode: 'on': should be 'off', 'label' or 'set-aside'"),
    ],
)
def test_a_wrong_setting_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    asked = ["what-if", "--data-dir", str(tmp_path), "--from", DAY.first, "--to", DAY.last, *arguments]
    assert main(asked) == 2
    said = capsys.readouterr().err
    assert said.startswith(problem)
    assert said.count("\n") == 1


def _cleaned_half_day(engine: Engine) -> None:
    box = Box()
    take(engine, (box, half_a_day(box, 4)))
    Cleaner(engine, RULES).clean_all()


def _asked(engine: Engine, rules: CleaningSettings) -> list[Comparison]:
    with engine.connect() as connection:
        places = read_hierarchy(connection).within(None)
        return what_if(connection, places, DAY, rules, smallest_cell=1)
