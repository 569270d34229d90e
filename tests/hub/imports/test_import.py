"""Imports of history: what is judged, what is stored, that it is stored once, that it can be taken out."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from tests.harness.ingesting import Box, counted, rollups_of, table_rows, take

from tillsight_hub import tables
from tillsight_hub.__main__ import main
from tillsight_hub.cleaning.cleaner import Cleaner
from tillsight_hub.cleaning.rules import CleaningSettings
from tillsight_hub.consistency import verify
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.imports.csv_file import CsvFile
from tillsight_hub.imports.examine import Examined, examine
from tillsight_hub.imports.plan import ImportPlan
from tillsight_hub.imports.register import find_import, list_imports, remove_import
from tillsight_hub.imports.storing import device_of, store
from tillsight_models.errors import BadConfig

NOW = 1_795_000_000_000
"""November 2026"""

RULES = CleaningSettings().changed({"out-of-hours.mode": "label", "orphan.mode": "label"})

VOTES = {"place": "touchpoint", "when": "time", "key": "button"}
HOURLY = {"place": "touchpoint", "when": "time", "key": "button", "n": "count"}


def ms(zone: str, local: str, fold: int = 0) -> int:
    wall = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(wall.timestamp() * 1000)


def csv_file(folder: Path, text: str | bytes, name: str = "history.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def look(engine: Engine, path: Path, plan: ImportPlan) -> Examined:
    with engine.connect() as connection:
        return examine(connection, CsvFile.open(path, plan.columns), plan, NOW)


def put(engine: Engine, path: Path, plan: ImportPlan) -> str:
    return store(engine, look(engine, path, plan), "tester").stream


def row_counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables.metadata.sorted_tables
        }


def hours(engine: Engine) -> list[dict[str, Any]]:
    return [counted(row) for row in table_rows(engine, "rollup_hour")]


def run(engine: Engine, folder: Path, *arguments: str) -> int:
    url = engine.url.render_as_string(hide_password=False)
    (folder / "hub.toml").write_text(f'[database]\nurl = "{url}"\n')
    return main(["import", "--config", str(folder / "hub.toml"), *arguments])


# --- Votes ------------------------------------------------------------------------------------------------


def test_votes_with_a_local_time_a_button_and_a_misuse_flag(either_engine: Engine, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        "feedbackId;Ort;localTime;buttonIndex;misuse\n"
        "a1;Kasse;2026-07-01T10:15:30;0;false\n"
        "a2;Kasse;2026-07-01T10:15:32;3;true\n"
        "a3;Kasse;2026-07-01T11:00:00;2;0\n",
    )
    columns = {"feedbackId": "id", "Ort": "touchpoint", "localTime": "time", "buttonIndex": "button"}
    names = {"Kasse": "till-1"}
    plan = ImportPlan("votes", columns, touchpoint_map=names, first_button=0, best_first=True)
    put(either_engine, path, plan)
    at = ms("Europe/Rome", "2026-07-01T10:00") // 1000
    assert hours(either_engine) == [
        {"tp": "till-1", "hour": at, "events": 2, "presses": 2, "repeats": 1}
        | {"rating_4": 1, "raw_4": 1, "raw_1": 1},
        {"tp": "till-1", "hour": at + 3600, "events": 1, "presses": 1, "rating_2": 1, "raw_2": 1},
    ]
    first = table_rows(either_engine, "event")[0]
    assert (first["boot"], first["mono"], first["tq"], first["dev"]) == ("import", 2, "rtc", "import-till-1")
    assert first["t"] == ms("Europe/Rome", "2026-07-01T10:15:30")
    assert verify(either_engine, depth="all").mismatches == 0


def test_hourly_counts_per_button_lie_in_their_hour(engine: Engine, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "day,hour,count_1,count_2,count_3,count_4\n2026-07-01,10,1,0,2,700\n")
    plan = ImportPlan("votes", {"day": "date", "hour": "clock"}, touchpoint="till-1")
    put(engine, path, plan)
    at = ms("Europe/Rome", "2026-07-01T10:00") // 1000
    told = {"rating_1": 1, "rating_3": 2, "rating_4": 700, "raw_1": 1, "raw_3": 2, "raw_4": 700}
    assert hours(engine) == [{"tp": "till-1", "hour": at, "events": 703, "presses": 703, **told}]
    events = table_rows(engine, "event")
    assert {row["boot"] for row in events} == {"import-hour"}
    assert [row["rating"] for row in events] == [1, 3, 3, *[4] * 700]


def test_a_count_in_the_last_hour_of_the_day_is_within_the_opening_hours(
    engine: Engine, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, "when,rating,count\n2026-07-01T20:00,4,2\n2026-07-01T21:00,4,1\n")
    examined = look(engine, path, ImportPlan("votes", {"when": "time"}, touchpoint="till-1"))
    assert examined.report.notes["closed"].examples == ["line 3"]


# --- Contacts, sales, audits ------------------------------------------------------------------------------


def test_contacts_as_visits_and_as_counts(engine: Engine, tmp_path: Path) -> None:
    visits = csv_file(tmp_path, "left,people,dwell_s\n2026-07-01 10:00:05,2,30.5\n2026-07-01 10:01,1,\n")
    put(engine, visits, ImportPlan("contacts", {"left": "time"}, touchpoint="till-1"))
    counts = csv_file(tmp_path, "hour,count\n2026-07-01 11:00,250\n2026-07-01 12:00,0\n", "counts.csv")
    put(engine, counts, ImportPlan("contacts", {"hour": "time"}, touchpoint="till-1"))
    at = ms("Europe/Rome", "2026-07-01T10:00") // 1000
    assert hours(engine) == [
        {"tp": "till-1", "hour": at, "events": 2, "contacts_presence": 3}
        | {"dwell_ms": 61_000, "dwell_contacts": 2},
        {"tp": "till-1", "hour": at + 3600, "events": 3, "contacts_presence": 250},
    ]


def test_sales_of_an_hour_with_a_decimal_comma(engine: Engine, tmp_path: Path) -> None:
    text = "Datum;Stunde;Bons;Umsatz;Währung\n01.07.2026;10-11;12;1.234,56;EUR\n01.07.2026;11-12;1;5,5;EUR\n"
    path = csv_file(tmp_path, text.encode("cp1252"))
    columns = {"Datum": "date", "Stunde": "clock", "Bons": "receipts", "Umsatz": "amount"}
    examined = look(engine, path, ImportPlan("sales", {**columns, "Währung": "currency"}, touchpoint="stall"))
    assert examined.report.form == "Windows-1252, semicolon between fields, decimal comma"
    store(engine, examined, "tester")
    first, second = hours(engine)
    assert (first["receipts"], first["sales_amount"], first["contacts_pos"]) == (12, 123_456, 12)
    assert (second["receipts"], second["sales_amount"]) == (1, 550)
    assert json.loads(table_rows(engine, "event")[0]["data"])["period_s"] == 3600


def test_receipts_one_by_one(engine: Engine, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "time,amount\n2026-07-01T10:15:00Z,3.20\n2026-07-01T10:16:00Z,1\n")
    put(engine, path, ImportPlan("sales", {}, touchpoint="stall"))
    assert [(row["receipts"], row["sales_amount"]) for row in hours(engine)] == [(2, 420)]


def test_visitors_of_an_hour(engine: Engine, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "hour,entered,left\n2026-07-01 10:00,120,115\n")
    examined = look(engine, path, ImportPlan("visitors", {"hour": "time"}, touchpoint="till-1"))
    assert examined.report.totals["till-1"]["2026-07"].units == 120
    store(engine, examined, "tester")
    assert [(row["visitors_in"], row["visitors_out"]) for row in hours(engine)] == [(120, 115)]


def test_audits_calibrate_the_counter(engine: Engine, tmp_path: Path) -> None:
    path = csv_file(
        tmp_path, "touchpoint,time,counted,observed,matched,minutes\ntill-1,2026-07-01 10:30,58,60,55,30\n"
    )
    put(engine, path, ImportPlan("audits", {}))
    [row] = table_rows(engine, "event")
    told = {"period_s": 1800.0, "counted": 58, "observed": 60, "matched": 55, "source": "presence"}
    assert json.loads(row["data"]) == told


# --- Clock changes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "skipped", "repeated"),
    [
        ("Europe/Rome", "2026-03-29T02:30", "2025-10-26T02:30"),
        ("America/New_York", "2026-03-08T02:30", "2025-11-02T01:30"),
    ],
)
def test_a_night_of_a_clock_change(
    engine: Engine, tmp_path: Path, zone: str, skipped: str, repeated: str
) -> None:
    path = csv_file(tmp_path, f"time,rating\n{skipped},4\n{repeated},4\n{repeated}:01,1\n")
    examined = look(engine, path, ImportPlan("votes", {}, touchpoint="till-2", tz=zone))
    assert (examined.report.good, list(examined.report.errors)) == (2, ["no-such-time"])
    assert examined.report.notes["ambiguous"].rows == 2
    store(engine, examined, "tester")
    assert {row["t"] // 60_000 for row in table_rows(engine, "event")} == {ms(zone, repeated) // 60_000}


@pytest.mark.parametrize(
    ("zone", "hour"), [("Europe/Rome", "2025-10-26T02:00"), ("Europe/Lisbon", "2025-10-26T01:00")]
)
def test_a_second_count_of_the_hour_that_autumn_repeats_is_the_second_hour(
    engine: Engine, tmp_path: Path, zone: str, hour: str
) -> None:
    path = csv_file(tmp_path, f"time,rating,count\n{hour},4,5\n{hour},4,7\n{hour},4,9\n")
    examined = look(engine, path, ImportPlan("votes", {}, touchpoint="till-2", tz=zone))
    assert examined.report.errors["duplicate"].examples == ["line 4: the same hour as on line 3"]
    store(engine, examined, "tester")
    assert [(row["hour"] * 1000, row["rating_4"]) for row in hours(engine)] == [
        (ms(zone, hour), 5),
        (ms(zone, hour, fold=1), 7),
    ]


# --- The report -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "problem", "text"),
    [
        ("nowhere,2026-07-01 10:00,4", "touchpoint", "touchpoint: 'nowhere': no touchpoint has this id"),
        ("till-1,yesterday,4", "time", "'yesterday': expected a time like 2026-03-29T10:15:00"),
        ("till-1,2026-07-01,4", "time", "'2026-07-01': a date without a time"),
        ("till-1,2026-02-30 10:00,4", "time", "'2026-02-30 10:00': there is no such date"),
        ("till-1,7/1/2026 10:00,4", "time", "say --dates day-first or month-first"),
        ("till-1,2031-07-01 10:00,4", "future", "'2031-07-01 10:00': lies in the future"),
        ("till-1,2019-07-01 10:00,4", "too-old", "'2019-07-01 10:00': expected 2020 or later"),
        ("till-1,2026-07-01 10:00,5", "button", "button 5: scale smiley-4 has 1 to 4"),
        ("till-1,2026-07-01 10:00,-1", "number", "button: '-1': expected a number that is not negative"),
        ("till-1,2026-07-01 10:00,", "number", "button: is empty"),
        ("till-1,2026-07-01 10:00,1,2", "fields", "4 fields, the header has 3"),
        ('till-1,2026-07-01 10:00,"a\nb"', "number", "button: 'a\\nb': expected a number"),
    ],
)
def test_a_bad_row_is_told_with_its_line(
    engine: Engine, tmp_path: Path, row: str, problem: str, text: str
) -> None:
    path = csv_file(tmp_path, f"place,when,key\ntill-1,2026-07-01 10:00,4\n\n{row}\n")
    report = look(engine, path, ImportPlan("votes", VOTES)).report
    assert (report.rows, report.good, report.bad) == (2, 1, 1)
    [example] = report.errors[problem].examples
    assert example.startswith("line 4: ")
    assert text in example


def test_duplicates_gaps_and_what_is_stored_already_are_told(engine: Engine, tmp_path: Path) -> None:
    box = Box()
    take(engine, (box, [box.press(4, t=ms("Europe/Rome", "2026-07-03T10:00"))]), received=NOW)
    path = csv_file(
        tmp_path,
        "id,when,rating\n1,2026-07-01 10:00,4\n1,2026-07-01 10:05,4\n2,2026-07-03 10:00,4\n",
    )
    report = look(engine, path, ImportPlan("votes", {"when": "time"}, touchpoint="till-1")).report
    assert report.errors["duplicate"].examples == ["line 3: the same id as on line 2"]
    assert report.notes["gap"].examples == ["till-1: 2026-07-02"]
    assert report.notes["stored-already"].examples == ["till-1: 2026-07-03"]


def test_rows_that_are_alike_are_a_remark_where_no_id_says_more(engine: Engine, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "when,rating\n" + "2026-07-01 10:00,4\n" * 3)
    report = look(engine, path, ImportPlan("votes", {"when": "time"}, touchpoint="till-1")).report
    assert (report.good, report.notes["alike"].examples) == (3, ["line 2", "line 3", "line 4"])


@pytest.mark.parametrize(
    ("codec", "delimiter", "form"),
    [
        ("utf-8", ",", "UTF-8, comma between fields"),
        ("utf-8-sig", ";", "UTF-8 with a byte order mark, semicolon between fields"),
        ("utf-16", "\t", "UTF-16, tab between fields"),
        ("cp1252", "|", "Windows-1252, bar between fields"),
    ],
)
def test_encodings_and_delimiters_are_found_out(
    engine: Engine, tmp_path: Path, codec: str, delimiter: str, form: str
) -> None:
    lines = [["Où", "when", "rating"], ["Caffè", "2026-07-01 10:00", "4"]]
    path = csv_file(tmp_path, "\r\n".join(map(delimiter.join, lines)).encode(codec))
    plan = ImportPlan("votes", {"Où": "touchpoint", "when": "time"}, touchpoint_map={"Caffè": "till-1"})
    report = look(engine, path, plan).report
    assert (report.form, report.good, report.errors) == (form, 1, {})


def test_a_comma_that_may_part_thousands_or_decimals_is_asked_about(engine: Engine, tmp_path: Path) -> None:
    path = csv_file(tmp_path, "time;amount\n2026-07-01 10:00;1,234\n")
    report = look(engine, path, ImportPlan("sales", {}, touchpoint="stall")).report
    assert "say --decimal comma or point" in report.errors["number"].examples[0]
    said = look(engine, path, ImportPlan("sales", {}, touchpoint="stall", decimal="point"))
    assert said.report.errors == {}
    mixed = csv_file(tmp_path, "time;amount\n2026-07-01 10:00;1,2\n2026-07-01 10:00;1.2\n")
    with pytest.raises(BadConfig, match="line 2 has a decimal comma, line 3 a decimal point"):
        look(engine, mixed, ImportPlan("sales", {}, touchpoint="stall"))


# --- Stored once, and taken out ---------------------------------------------------------------------------

A_FILE = "place,when,key,n\n" + "".join(
    f"till-{1 + day % 2},2026-06-{1 + day:02}T{hour:02}:00,{1 + hour % 4},{hour}\n"
    for day in range(6)
    for hour in (9, 12, 20)
)


def test_a_dry_run_and_too_many_errors_store_nothing(
    either_engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = row_counts(either_engine)
    mapping = ("--map", "place=touchpoint", "when=time", "key=button", "n=count")
    good = csv_file(tmp_path, A_FILE)
    assert run(either_engine, tmp_path, "--kind", "votes", "--file", str(good), *mapping, "--dry-run") == 0
    assert "dry run, nothing stored: it would be 246 events" in capsys.readouterr().out
    bad = csv_file(tmp_path, A_FILE + "till-9,2026-06-01T10:00,1,1\n", "bad.csv")
    assert run(either_engine, tmp_path, "--kind", "votes", "--file", str(bad), *mapping) == 1
    assert "nothing stored: 1 rows with errors, --max-errors is 0" in capsys.readouterr().out
    assert row_counts(either_engine) == before
    arguments = ("--kind", "votes", "--file", str(bad), *mapping, "--max-errors", "1")
    assert run(either_engine, tmp_path, *arguments) == 0
    assert row_counts(either_engine)["event"] == 246


def test_the_same_file_twice_is_stored_once(
    either_engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = csv_file(tmp_path, A_FILE)
    stream = put(either_engine, path, ImportPlan("votes", HOURLY))
    once = rollups_of(either_engine)
    assert put(either_engine, path, ImportPlan("votes", HOURLY)) == stream
    renamed = shutil.copy(path, tmp_path / "again.csv")
    mapping = ("--map", "place=touchpoint", "when=time", "key=button", "n=count")
    assert run(either_engine, tmp_path, "--kind", "votes", "--file", str(renamed), *mapping) == 0
    assert f"nothing stored: this file was imported as {stream}" in capsys.readouterr().out
    assert rollups_of(either_engine) == once
    with either_engine.connect() as connection:
        [one] = list_imports(connection)
    assert (one.rows, one.events, one.stored, one.actor) == (18, 246, 246, "tester")
    assert row_counts(either_engine)["quarantine"] == 0


def test_an_import_that_was_broken_off_goes_on(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillsight_hub.imports.storing.EVENTS_AT_ONCE", 50)
    examined = look(engine, csv_file(tmp_path, A_FILE), ImportPlan("votes", HOURLY))

    def pull_the_plug(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store(engine, examined, "tester", told=pull_the_plug)
    with engine.connect() as connection:
        halfway = find_import(connection, examined.report.stream)
    assert halfway is not None
    assert (halfway.stored, halfway.complete) == (50, False)
    done = store(engine, examined, "tester")
    assert (done.events, done.duplicates) == (196, 50)
    assert verify(engine, depth="all").mismatches == 0


def test_taking_an_import_out_restores_the_rollups(either_engine: Engine, tmp_path: Path) -> None:
    box = Box()
    own = [
        box.press(3, t=ms("Europe/Rome", "2026-06-01T12:10")),
        box.contact(t=ms("Europe/Rome", "2026-06-01T12:11")),
    ]
    take(either_engine, (box, own), received=NOW)
    before = rollups_of(either_engine)
    stream = put(either_engine, csv_file(tmp_path, A_FILE), ImportPlan("votes", HOURLY))
    assert rollups_of(either_engine) != before
    assert remove_import(either_engine, stream, "tester") == 246
    after = rollups_of(either_engine)
    assert told(after) == told(before)
    assert verify(either_engine, depth="all").mismatches == 0
    with either_engine.connect() as connection:
        assert list_imports(connection) == []
    assert put(either_engine, csv_file(tmp_path, A_FILE), ImportPlan("votes", HOURLY)) == stream
    assert row_counts(either_engine)["event"] == 248


def told(rollups: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What the rows count; a day that was revised says so even when it is empty again."""
    return {name: [{**row, "revised": 0} for row in rows if row["events"]] for name, rows in rollups.items()}


def test_removing_what_is_not_there_is_one_line(
    engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(engine, tmp_path, "--remove", "0123456789abcdef") == 1
    assert capsys.readouterr().err == "tillsight-hub: import 0123456789abcdef: there is none of this id\n"


def test_the_device_of_an_import_is_no_box(engine: Engine, tmp_path: Path) -> None:
    put(engine, csv_file(tmp_path, A_FILE), ImportPlan("votes", HOURLY))
    with engine.connect() as connection:
        devices = read_hierarchy(connection).devices
    assert {id for id, device in devices.items() if device.is_import} == {"import-till-1", "import-till-2"}
    assert len(device_of("x" * 40)) == 40


# --- Cleaning of what was imported ------------------------------------------------------------------------


def test_counts_per_hour_are_nobodys_mashing_and_nobodys_orphans(
    either_engine: Engine, tmp_path: Path
) -> None:
    path = csv_file(tmp_path, "when,rating,count\n2026-07-01T10:00,4,300\n2026-07-01T22:00,1,2\n")
    put(either_engine, path, ImportPlan("votes", {"when": "time"}, touchpoint="till-1"))
    Cleaner(either_engine, RULES).clean_all()
    first, closed = hours(either_engine)
    assert first == {"tp": "till-1", "hour": first["hour"], "events": 300, "presses": 300} | {
        "rating_4": 300,
        "raw_4": 300,
    }
    assert closed["label_out_of_hours"] == 2


def test_in_hours_with_a_mere_count_of_contacts_no_press_is_an_orphan(
    either_engine: Engine, tmp_path: Path
) -> None:
    box = Box()
    first = ms("Europe/Rome", "2026-07-01T10:10")
    alone = [box.press(4, t=first + minutes * 60_000) for minutes in (0, 5, 60)]
    contact = box.contact(t=first + 100 * 60_000)
    take(either_engine, (box, [*alone, contact]), received=NOW)
    cleaner = Cleaner(either_engine, RULES)
    cleaner.clean_all()
    assert [row.get("label_orphan", 0) for row in hours(either_engine)] == [2, 1]
    counts = csv_file(tmp_path, "when,count\n2026-07-01T10:00,40\n", "counts.csv")
    stream = put(either_engine, counts, ImportPlan("contacts", {"when": "time"}, touchpoint="till-1"))
    cleaner.clean_all()
    assert [row.get("label_orphan", 0) for row in hours(either_engine)] == [0, 1]
    remove_import(either_engine, stream, "tester")
    cleaner.clean_all()
    assert [row.get("label_orphan", 0) for row in hours(either_engine)] == [2, 1]


def test_votes_with_a_time_of_their_own_are_cleaned_like_any(engine: Engine, tmp_path: Path) -> None:
    rows = "".join(f"2026-07-01T10:00:{second:02},4\n" for second in range(0, 40, 2))
    path = csv_file(tmp_path, f"when,rating\n{rows}")
    put(engine, path, ImportPlan("votes", {"when": "time"}, touchpoint="till-2", scale="smiley-5"))
    Cleaner(engine, RULES).clean_all()
    assert hours(engine)[0]["label_mashing"] == 20


# --- Wrong arguments --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--map", "nope=time"), "--map nope=time: no such column in history.csv, there are time, rating, x"),
        (("--map", "x=dwell"), "--map x=dwell: no such field, expected one of touchpoint"),
        (("--map", "x=amount"), "--map x=amount: not a field of votes, expected one of touchpoint"),
        (("--map", "x=rating"), "--map x=rating: column rating is mapped to it already"),
        (("--map", "x"), "--map x: expected COLUMN=FIELD"),
        (("--map", "time="), "no column is mapped to time: map one, or one to date and one to clock"),
        (("--map", "x=button"), "button, rating and count_N exclude each other"),
        (("--tz", "Rome"), "--tz 'Rome': expected an IANA time zone such as Europe/Rome"),
        (("--scale", "stars"), "--scale: scale 'stars': expected one of smiley-4"),
    ],
)
def test_wrong_arguments_are_one_line_each_and_end_with_2(
    engine: Engine,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    problem: str,
) -> None:
    path = csv_file(tmp_path, "time,rating,x\n2026-07-01 10:00,4,\n")
    there = ("--kind", "votes", "--file", str(path), "--touchpoint", "till-1")
    assert run(engine, tmp_path, *there, *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(problem)
    assert error.count("\n") == 1


# --- Garbage ----------------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["till-1", "2026-07-01 10:00", "2025-10-26 02:30", "4", "1,5", "-3", "1e9", '"', "", "٣"]
    ),
)
FILES = st.one_of(
    st.binary(max_size=200),
    st.lists(st.lists(CELLS, max_size=5), max_size=12).map(
        lambda rows: "\n".join(
            [";".join(["touchpoint", "time", "rating", "count"]), *map(";".join, rows)]
        ).encode("utf-8", "surrogatepass")
    ),
)


@pytest.fixture(scope="module")
def shared(seeded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Path]]:
    from tillsight_hub.database import open_database

    folder = tmp_path_factory.mktemp("garbage")
    shutil.copy(seeded_file, folder / "hub.db")
    engine = open_database(f"sqlite:///{folder / 'hub.db'}")
    yield engine, folder
    engine.dispose()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=FILES, kind=st.sampled_from(["votes", "contacts", "sales", "visitors", "audits"]))
def test_garbage_is_refused_without_a_traceback_and_stores_nothing(
    shared: tuple[Engine, Path], content: bytes, kind: Any
) -> None:
    engine, folder = shared
    path = csv_file(folder, content)
    try:
        examined = look(engine, path, ImportPlan(kind, {}))
    except BadConfig as error:
        assert all(error.problems)
        return
    assert examined.report.rows == examined.report.good + examined.report.bad
    assert len(list(examined.rows(_touchpoints(engine)))) == examined.report.good
    assert all("\n" not in line for line in examined.report.lines())
    assert row_counts(engine)["event"] == 0


def _touchpoints(engine: Engine) -> Any:
    with engine.connect() as connection:
        return read_hierarchy(connection).touchpoints
