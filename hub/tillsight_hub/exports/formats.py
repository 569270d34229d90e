"""File formats: from columns and rows to bytes, a piece at a time, whatever the number of rows."""

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from importlib.util import find_spec
from itertools import islice
from typing import IO, Any, Literal

from ..errors import PartMissing
from .columns import Cell, Column

Format = Literal["csv", "xlsx", "parquet"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}

Cells = Sequence[Cell]
Columns = Sequence[Column[Any]]

CHUNK_ROWS = 1_000
CHUNK_BYTES = 1 << 18
ROW_GROUP_ROWS = 50_000
SHEET_ROWS = 1_048_576
"""Excel's limit; more rows go on in a further sheet."""
CELL_CHARACTERS = 32_767
"""Excel's limit; a longer text is cut and ends in an ellipsis."""

FORMULA_STARTS = tuple("=+-@\t\r\n\0＝＋－＠")
"""A text that begins with one of these would be a formula to a spreadsheet program."""


def check_format(format: Format) -> None:
    """PartMissing where this installation cannot write it."""
    if format == "parquet" and find_spec("pyarrow") is None:
        raise PartMissing("Parquet needs pyarrow: install tillsight[analytics]")


def encode(format: Format, columns: Columns, rows: Iterator[Cells]) -> Iterator[bytes]:
    """The file, piece by piece."""
    encoders: dict[Format, Callable[[Columns, Iterator[Cells]], Iterator[bytes]]] = {
        "csv": _csv,
        "xlsx": _xlsx,
        "parquet": _parquet,
    }
    return encoders[format](columns, rows)


def iso(moment: datetime) -> str:
    """2026-03-29T01:00:00Z, with milliseconds where there are any."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


# --- CSV: RFC 4180, UTF-8 ---------------------------------------------------------------------------------


def _csv(columns: Columns, rows: Iterator[Cells]) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(column.name for column in columns)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        writer.writerows([_csv_cell(cell) for cell in row] for row in chunk)
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def _csv_cell(cell: Cell) -> Cell:
    """Text that looks like a formula gets an apostrophe in front; numbers stay numbers, negative ones too."""
    if isinstance(cell, datetime):
        return iso(cell)
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    return cell


# --- XLSX -------------------------------------------------------------------------------------------------


def _xlsx(columns: Columns, rows: Iterator[Cells]) -> Iterator[bytes]:
    """A workbook is a zip that is complete only at its end: it is written to a temporary file first."""
    with tempfile.TemporaryFile() as file:
        _write_workbook(file, columns, rows)
        file.seek(0)
        while piece := file.read(CHUNK_BYTES):
            yield piece


def _write_workbook(file: IO[bytes], columns: Columns, rows: Iterator[Cells]) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "remove_timezone": True,
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        bold = workbook.add_format({"bold": True})
        more = True
        while more:
            sheet = workbook.add_worksheet()
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(columns) - 1, 18)
            for at, column in enumerate(columns):
                sheet.write_string(0, at, column.name, bold)
            more = _fill_sheet(sheet, columns, rows)


def _fill_sheet(sheet: Any, columns: Columns, rows: Iterator[Cells]) -> bool:
    """Whether the sheet is full: rows may be left."""
    writers = {
        "text": lambda at, cell: sheet.write_string(*at, _fitting(cell)),
        "time": lambda at, cell: sheet.write_datetime(*at, cell),
        "integer": lambda at, cell: sheet.write_number(*at, cell),
        "number": lambda at, cell: sheet.write_number(*at, cell),
    }
    number = 0
    for number, row in enumerate(islice(rows, SHEET_ROWS - 1), 1):
        for at, (column, cell) in enumerate(zip(columns, row, strict=True)):
            if cell is not None:
                writers[column.kind]((number, at), cell)
    return number == SHEET_ROWS - 1


def _fitting(text: str) -> str:
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


# --- Parquet ----------------------------------------------------------------------------------------------


class _Drain(io.RawIOBase):
    """A file that is taken away piece by piece while it is written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._written += len(self._pieces[-1])
        return len(self._pieces[-1])

    def tell(self) -> int:
        return self._written

    def take(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _parquet(columns: Columns, rows: Iterator[Cells]) -> Iterator[bytes]:
    import pyarrow as pa
    from pyarrow import parquet

    types = {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "time": pa.timestamp("ms", "UTC"),
    }
    schema = pa.schema(
        [
            pa.field(column.name, types[column.kind], metadata={"meaning": column.meaning})
            for column in columns
        ]
    )
    drain = _Drain()
    with parquet.ParquetWriter(drain, schema, compression="zstd") as writer:
        while chunk := list(islice(rows, ROW_GROUP_ROWS)):
            cells = zip(*chunk, strict=True)
            arrays = [pa.array(cell, type) for cell, type in zip(cells, schema.types, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            yield drain.take()
    yield drain.take()
