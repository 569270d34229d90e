"""`/api/v1/export`: the same files as the command's, and what their columns mean."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from pyarrow import parquet
from tests.harness.chain import EVIL_NAME, Chain

from tillsight_hub.exports.columns import EVENT_COLUMNS, SCORE_COLUMNS

PATH = "/api/v1/export"
DAY = {"from": "2026-03-02", "to": "2026-03-02"}


@pytest.fixture
def chain(chain: Chain) -> Chain:
    chain.press("till-1", "2026-03-02T10:00", 4, times=30)
    chain.press("till-2", "2026-03-02T10:00", 1, times=30)
    chain.press("stall", "2026-03-02T10:00", 1, times=30)
    chain.settle()
    return chain


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_csv_has_a_name_a_type_and_the_rows(as_role: Any) -> None:
    answer = as_role("analyst").get(PATH, params={**DAY, "metric": "csat"})
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="tillsight-scores-2026-03-02-2026-03-02.csv"'
    )
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = rows_of(answer)
    assert [(row["touchpoint_id"], row["value"]) for row in rows] == [
        ("till-2", "0.0"),
        ("till-1", "1.0"),
        ("stall", "0.0"),
    ]
    assert rows[0]["touchpoint_name"] == f"'{EVIL_NAME}"


def test_xlsx_and_parquet_hold_the_same_rows(as_role: Any) -> None:
    client = as_role("admin")
    number = len(rows_of(client.get(PATH, params=DAY)))
    in_xlsx = client.get(PATH, params={**DAY, "format": "xlsx"})
    in_parquet = client.get(PATH, params={**DAY, "format": "parquet"})
    assert openpyxl.load_workbook(io.BytesIO(in_xlsx.content)).worksheets[0].max_row == number + 1
    assert parquet.read_table(io.BytesIO(in_parquet.content)).num_rows == number


def test_events_are_exported_too(as_role: Any) -> None:
    rows = rows_of(as_role("analyst").get(PATH, params={**DAY, "kind": "events", "place": "market"}))
    assert len(rows) == 60
    assert list(rows[0]) == [column.name for column in EVENT_COLUMNS]


def test_an_analyst_of_a_part_exports_that_part(as_role: Any) -> None:
    client = as_role("analyst", "bazaar")
    assert {row["touchpoint_id"] for row in rows_of(client.get(PATH, params=DAY))} == {"stall"}
    assert client.get(PATH, params={**DAY, "place": "market"}).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("analyst", 200), ("admin", 200), ("manager", 403), ("ops", 403)]
)
def test_exports_are_for_analysts_and_admins(as_role: Any, role: str, status: int) -> None:
    assert as_role(role).get(PATH, params=DAY).status_code == status


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"format": "pdf"}, "format: 'pdf': should be 'csv', 'xlsx' or 'parquet'"),
        ({"metric": "x"}, "metric 'x'"),
    ],
)
def test_a_wrong_filter_is_one_clear_line(as_role: Any, wrong: dict[str, str], detail: str) -> None:
    answer = as_role("analyst").get(PATH, params={**DAY, **wrong})
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (422, detail)


def test_without_pyarrow_parquet_is_refused(as_role: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillsight_hub.exports.formats.find_spec", lambda name: None)
    answer = as_role("analyst").get(PATH, params={**DAY, "format": "parquet"})
    assert (answer.status_code, "tillsight[analytics]" in answer.json()["detail"]) == (501, True)


def test_the_dictionary_explains_every_column(as_role: Any) -> None:
    told = as_role("manager").get(f"{PATH}/dictionary").json()
    assert [column["name"] for column in told["scores"]] == [column.name for column in SCORE_COLUMNS]
    assert [column["name"] for column in told["events"]] == [column.name for column in EVENT_COLUMNS]
    assert all(column["meaning"] for column in told["scores"] + told["events"])
    assert "incomplete" in told["flags"]
    assert "suppressed" in told["statuses"]
