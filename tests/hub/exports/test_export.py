"""Exports of a whole chain: the command, its rows in all formats, its progress and its data dictionary."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyarrow import parquet
from tests.harness.chain import EVIL_NAME, Chain, open_chain

from tillsight_hub.__main__ import main
from tillsight_hub.exports.columns import EVENT_COLUMNS, SCORE_COLUMNS
from tillsight_hub.exports.dictionary import data_dictionary
from tillsight_hub.exports.export import Export, estimated_rows, write_export
from tillsight_hub.labels import Label
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_models.events import HealthReported

README = Path(__file__).parents[3] / "hub" / "tillsight_hub" / "exports" / "README.md"
METRICS = catalogue(MetricSettings())
NUMBER = re.compile(r"-?\d+(\.\d+)?(e-\d+)?")


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as made:
        a_busy_day(made)
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chain]:
    """On each database in turn."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'hub.db'}" if on_sqlite else request.getfixturevalue("postgresql_url")
    with open_chain(url) as made:
        a_busy_day(made)
        yield made


def a_busy_day(chain: Chain) -> None:
    chain.press("till-1", "2026-03-02T10:00", 1, times=12)
    chain.press("till-1", "2026-03-02T10:30", 4, times=20)
    chain.press("till-1", "2026-03-02T10:31", 4, times=3, labels=Label.REPEAT)
    chain.serve("till-1", "2026-03-02T11:00", 400)
    chain.press("till-2", "2026-03-02T10:00", 4, times=11)
    chain.press("desk", "2026-03-02T10:00", 11, times=40)
    chain.press("desk", "2026-03-02T10:00", 1, times=60)
    chain.press("counter", "2026-03-03T01:30", 4)
    chain.press("counter", "2026-03-02T20:00", 4, tq="bounded")
    chain.press(
        "counter", "1970-01-01T00:00", 4, tq="unsynced", received=chain.at("counter", "2026-03-02T20:00")
    )
    chain.settle()


def run(chain: Chain, tmp_path: Path, *arguments: str) -> int:
    url = chain.engine.url.render_as_string(hide_password=False)
    config = tmp_path / "hub.toml"
    config.write_text(f'[database]\nurl = "{url}"\n')
    return main(["export", "--config", str(config), *arguments])


def exported(chain: Chain, tmp_path: Path, *arguments: str) -> list[dict[str, str]]:
    """The rows of a CSV."""
    out = tmp_path / "out.csv"
    days = ("--from", "2026-03-02", "--to", "2026-03-02")
    assert run(chain, tmp_path, *days, "--out", str(out), *arguments) == 0
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def one(rows: list[dict[str, str]], touchpoint: str, metric: str) -> dict[str, str]:
    (found,) = (row for row in rows if (row["touchpoint_id"], row["metric"]) == (touchpoint, metric))
    return found


def plain(cell: Any) -> Any:
    """A cell of any format as CSV has it, floats rounded."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(cell, str):
        if NUMBER.fullmatch(cell):
            return round(float(cell), 9)
        return cell.removeprefix("'") or None
    return cell if cell is None else round(float(cell), 9)


@pytest.mark.parametrize("kind", ["scores", "events"])
def test_the_three_formats_say_the_same(any_chain: Chain, tmp_path: Path, kind: str) -> None:
    names = {format: str(tmp_path / f"out.{format}") for format in ("csv", "xlsx", "parquet")}
    for name in names.values():
        days = ("--from", "2026-03-02", "--to", "2026-03-02")
        assert run(any_chain, tmp_path, *days, "--kind", kind, "--out", name) == 0
    with Path(names["csv"]).open(encoding="utf-8", newline="") as file:
        in_csv = [dict(row) for row in csv.DictReader(file)]
    in_parquet = parquet.read_table(names["parquet"]).to_pylist()
    head, *cells = openpyxl.load_workbook(names["xlsx"]).worksheets[0].iter_rows(values_only=True)
    in_xlsx = [dict(zip(map(str, head), row, strict=True)) for row in cells]
    assert len(in_csv) == len(in_parquet) == len(in_xlsx) > 30
    for rows in zip(in_csv, in_xlsx, in_parquet, strict=True):
        for row in rows:
            assert {**row, "computed_at_utc": None}.keys() - {"computed_at_utc"} == rows[0].keys() - {
                "computed_at_utc"
            }
        first, second, third = ({k: plain(v) for k, v in row.items() if k not in UNLIKE} for row in rows)
        assert first == second == third


UNLIKE = {"computed_at_utc", "received_at_utc", "data"}
"""Differ by run, by milliseconds that `plain` drops, and by JSON that looks like a number to it."""


def test_each_touchpoint_metric_and_day_has_a_row(chain: Chain, tmp_path: Path) -> None:
    rows = exported(chain, tmp_path)
    csat = one(rows, "till-1", "csat")
    assert list(csat) == [column.name for column in SCORE_COLUMNS]
    assert csat["value"] == "0.625"
    assert (csat["n"], csat["n_votes_raw"], csat["n_votes_clean"]) == ("32", "35", "32")
    assert (csat["n_negative"], csat["n_positive"], csat["contacts_counted"]) == ("12", "20", "400")
    assert (csat["response_rate"], csat["silent_share"]) == ("0.08", "0.92")
    assert (csat["status"], csat["interval_method"], csat["level"]) == ("ok", "wilson", "0.95")
    assert (csat["local_label"], csat["tz"], csat["open_minutes"]) == ("2026-03-02", "Europe/Rome", "720")
    assert (csat["period_start_utc"], csat["period_end_utc"]) == (
        "2026-03-01T23:00:00Z",
        "2026-03-02T23:00:00Z",
    )
    assert one(rows, "till-1", "relative_dissatisfaction")["flags"] == "uncalibrated"
    assert one(rows, "till-1", "happy_index")["weights"].startswith("[0.0, 33.3")
    assert one(rows, "desk", "nps")["value"] == "-20.0"
    assert one(rows, "till-2", "response_rate")["status"] == "no_data"
    assert {row["touchpoint_id"] for row in rows} == {"till-1", "till-2", "desk", "counter"}


def test_a_name_that_is_a_formula_is_harmless(chain: Chain, tmp_path: Path) -> None:
    names = {row["touchpoint_name"] for row in exported(chain, tmp_path, "--place", "till-2")}
    assert names == {f"'{EVIL_NAME}"}


def test_negative_numbers_stay_numbers(chain: Chain, tmp_path: Path) -> None:
    assert float(one(exported(chain, tmp_path), "desk", "nps")["lower"]) < -20


def test_hours_carry_local_time_with_offset_and_what_is_known_to_the_day_comes_last(
    chain: Chain, tmp_path: Path
) -> None:
    rows = exported(chain, tmp_path, "--by", "hour", "--place", "counter", "--metric", "responses")
    assert [(row["local_label"], row["value"]) for row in rows] == [
        ("2026-03-03T01:00+01:00", "1.0" if "." in rows[0]["value"] else "1"),
        ("unknown", rows[0]["value"]),
    ]
    assert all("undated-events" in row["flags"] for row in rows[1:])


@pytest.mark.parametrize(
    ("by", "label"),
    [("week", "2026-W10"), ("month", "2026-03"), ("total", "2026-03-02/2026-03-02")],
)
def test_longer_periods_have_one_row_each(chain: Chain, tmp_path: Path, by: str, label: str) -> None:
    rows = exported(chain, tmp_path, "--by", by, "--place", "till-1", "--metric", "csat")
    assert [(row["local_label"], row["value"]) for row in rows] == [(label, "0.625")]


def test_a_total_has_a_row_for_touchpoints_without_anything_stored(chain: Chain, tmp_path: Path) -> None:
    rows = exported(chain, tmp_path, "--by", "total", "--metric", "presses")
    assert one(rows, "stall", "presses")["status"] == "no_data"


def test_events_come_with_their_business_day_and_without_those_of_unknown_time(
    chain: Chain, tmp_path: Path
) -> None:
    rows = exported(chain, tmp_path, "--kind", "events", "--place", "bar")
    assert list(rows[0]) == [column.name for column in EVENT_COLUMNS]
    assert [(row["local_time"], row["clock_quality"]) for row in rows] == [
        ("2026-03-02T20:00:00.000+01:00", "bounded"),
        ("2026-03-03T01:30:00.000+01:00", "ntp"),
    ]
    repeats = exported(chain, tmp_path, "--kind", "events", "--place", "till-1")
    assert [row["labels"] for row in repeats].count("repeat") == 3


def test_the_estimate_is_the_number_of_rows(any_chain: Chain) -> None:
    for kind, every in (("scores", "day"), ("scores", "hour"), ("scores", "total"), ("events", "day")):
        export = Export(
            kind=kind,  # type: ignore[arg-type]
            format="csv",
            places=tuple(any_chain.touchpoints("till-1", "till-2", "desk")),
            period=Period.between("2026-03-02", "2026-03-02"),
            every=every,  # type: ignore[arg-type]
            level=0.95,
            metrics=METRICS,
        )
        text = b"".join(write_export(any_chain.engine, export)).decode()
        with any_chain.engine.connect() as connection:
            assert estimated_rows(connection, export) == len(list(csv.reader(io.StringIO(text)))) - 1


def test_long_exports_tell_how_far_they_are(
    chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillsight_hub.exports.command.PROGRESS_EVERY_S", 0.0)
    exported(chain, tmp_path, "--kind", "events", "--place", "till-2")
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["export: 1 of about 11 rows", "export: 2 of about 11 rows"]
    assert lines[-1] == "export: 11 rows"


def test_standard_output_takes_an_export(chain: Chain, tmp_path: Path, capfdbinary: Any) -> None:
    days = ("--from", "2026-03-02", "--to", "2026-03-02")
    assert run(chain, tmp_path, *days, "--out", "-", "--metric", "csat") == 0
    assert capfdbinary.readouterr().out.startswith(b"org,store_id,touchpoint_id")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--place", "nowhere"), "--place nowhere: no org, region, store or touchpoint has this id"),
        (("--metric", "nsp"), "metric 'nsp': expected one of presses"),
        (("--to", "2026-01-01"), "to 2026-01-01: expected a day on or after 2026-03-02"),
        (("--to", "tomorrow"), "'tomorrow': expected a date like 2026-03-29"),
    ],
)
def test_what_does_not_exist_is_one_line_and_no_file(
    chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, str], problem: str
) -> None:
    out = tmp_path / "none.csv"
    days = ("--from", "2026-03-02", "--to", "2026-03-02")
    assert run(chain, tmp_path, *days, "--out", str(out), *arguments) == 2
    error = capsys.readouterr().err
    assert problem in error
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("none*"))


def test_without_pyarrow_parquet_is_refused_in_one_line(
    chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tillsight_hub.exports.formats.find_spec", lambda name: None)
    days = ("--from", "2026-03-02", "--to", "2026-03-02")
    assert run(chain, tmp_path, *days, "--out", str(tmp_path / "out.parquet")) == 1
    assert capsys.readouterr().err == "tillsight-hub: Parquet needs pyarrow: install tillsight[analytics]\n"


@pytest.mark.parametrize("arguments", [["--from", "2026-03-02"], ["--level", "0.5"], ["--format", "doc"]])
def test_wrong_arguments_end_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["export", *arguments])
    assert ended.value.code == 2


def test_an_export_that_fails_leaves_no_file(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with chain.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE rollup_day")
    days = ("--from", "2026-03-02", "--to", "2026-03-02")
    assert run(chain, tmp_path, *days, "--out", str(tmp_path / "out.csv")) == 1
    assert not list(tmp_path.glob("out.csv*"))


def test_a_device_without_presses_exports_a_zero(chain: Chain, tmp_path: Path) -> None:
    chain.put("stall", chain.at("stall", "2026-03-02T10:00"), HealthReported())
    chain.settle()
    row = one(exported(chain, tmp_path), "stall", "presses")
    assert (row["value"], row["status"]) == ("0", "ok")


def test_the_readme_has_the_data_dictionary_as_the_command_prints_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["export", "--dictionary"]) == 0
    printed = capsys.readouterr().out
    assert printed == data_dictionary(METRICS)
    assert printed in README.read_text(encoding="utf-8")
