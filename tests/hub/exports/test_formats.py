"""The three file formats hold the same cells, and nothing that a spreadsheet program would run."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from tillsight_hub.exports import formats
from tillsight_hub.exports.columns import Cell, Column
from tillsight_hub.exports.formats import Format, encode

COLUMNS: list[Column[None]] = [
    Column("text", "text", "some text", lambda _: None),
    Column("integer", "integer", "a whole number", lambda _: None),
    Column("number", "number", "any number", lambda _: None),
    Column("time", "time", "an instant", lambda _: None),
]
MOMENT = datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC)

Rows = list[list[Cell]]


def file_of(format: Format, rows: Rows) -> io.BytesIO:
    return io.BytesIO(b"".join(encode(format, COLUMNS, iter(rows))))


def read_csv(rows: Rows) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file_of("csv", rows).read().decode("utf-8"), newline="")))


def read_xlsx(rows: Rows) -> Rows:
    sheet = openpyxl.load_workbook(file_of("xlsx", rows)).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def read_parquet(rows: Rows) -> Rows:
    table = parquet.read_table(file_of("parquet", rows))
    return [table.column_names, *(list(row.values()) for row in table.to_pylist())]


def test_all_formats_hold_the_same_cells() -> None:
    rows: Rows = [
        ["Till 1", 3, 0.25, MOMENT],
        ['"quoted", with comma\nand line', -3, -0.25, MOMENT.replace(microsecond=250_000)],
        ["Kasse 1 – größer ☺", 2**40, 1e-9, MOMENT],
        [None, 1, None, None],
    ]
    head = [column.name for column in COLUMNS]
    assert read_parquet(rows) == [head, *rows]
    assert read_xlsx(rows) == [
        head,
        *(
            [cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell for cell in row]
            for row in rows
        ),
    ]
    assert read_csv(rows) == [
        head,
        ["Till 1", "3", "0.25", "2026-03-29T01:00:00Z"],
        ['"quoted", with comma\nand line', "-3", "-0.25", "2026-03-29T01:00:00.250Z"],
        ["Kasse 1 – größer ☺", "1099511627776", "1e-09", "2026-03-29T01:00:00Z"],
        ["", "1", "", ""],
    ]


@pytest.mark.parametrize("start", [*"=+-@\t\r\n＝＋－＠", "\0"])
def test_text_that_looks_like_a_formula_is_text_in_csv(start: str) -> None:
    text = f"{start}1+1"
    assert read_csv([[text, -1, -1.5, MOMENT]])[1][:3] == [f"'{text}", "-1", "-1.5"]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "https://example.org", "007"])
def test_text_stays_text_in_a_spreadsheet(text: str) -> None:
    file = file_of("xlsx", [[text, 1, 1.0, MOMENT]])
    cell = openpyxl.load_workbook(file).worksheets[0]["A2"]
    assert (cell.data_type, cell.value, cell.hyperlink) == ("s", text, None)
    assert b"<f>" not in zipfile.ZipFile(file).read("xl/worksheets/sheet1.xml")


def test_a_text_that_is_too_long_for_a_spreadsheet_is_cut_there_only() -> None:
    rows: Rows = [["x" * 40_000, None, None, None]]
    in_sheet = read_xlsx(rows)[1][0]
    assert isinstance(in_sheet, str)
    assert len(in_sheet) == 32_767
    assert in_sheet.endswith("x…")
    assert read_parquet(rows)[1][0] == rows[0][0] == read_csv(rows)[1][0]


def test_a_full_sheet_goes_on_in_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "SHEET_ROWS", 4)
    file = file_of("xlsx", [[f"{n}", n, None, None] for n in range(7)])
    sheets = openpyxl.load_workbook(file).worksheets
    found = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in sheets]
    assert found == [["text", "0", "1", "2"], ["text", "3", "4", "5"], ["text", "6"]]


def test_lines_of_csv_end_as_in_rfc_4180() -> None:
    assert file_of("csv", [["a", 1, None, None]]).read() == b"text,integer,number,time\r\na,1,,\r\n"


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
def test_an_empty_export_has_its_columns(format: Format) -> None:
    readers = {"csv": read_csv, "xlsx": read_xlsx, "parquet": read_parquet}
    assert readers[format]([]) == [["text", "integer", "number", "time"]]


def test_parquet_has_types_meanings_and_several_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "ROW_GROUP_ROWS", 100)
    file = parquet.ParquetFile(file_of("parquet", [["a", 1, 0.5, MOMENT]] * 250))
    schema = file.schema_arrow
    assert [str(field.type) for field in schema] == ["string", "int64", "double", "timestamp[ms, tz=UTC]"]
    assert schema.field("integer").metadata[b"meaning"] == b"a whole number"
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [100, 100, 50]


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_the_first_bytes_come_before_the_last_row_was_asked_for(format: Format) -> None:
    asked = 0

    def rows() -> Iterator[list[Cell]]:
        nonlocal asked
        row: list[Cell] = ["a", 1, 0.5, MOMENT]
        for _ in range(200_000):
            asked += 1
            yield row

    pieces = encode(format, COLUMNS, rows())
    assert next(pieces)
    assert asked < 100_000


@given(st.lists(st.text(max_size=20), max_size=5))
def test_any_text_survives_csv(texts: list[str]) -> None:
    read = [row[0] for row in read_csv([[text, 1, None, None] for text in texts])[1:]]
    assert [text.removeprefix("'") for text in read] == [text.removeprefix("'") for text in texts]
