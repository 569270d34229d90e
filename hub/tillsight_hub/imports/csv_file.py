"""A CSV file of another system: its encoding, delimiter and header found out, its lines read one by one."""

import codecs
import csv
import hashlib
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tillsight_models.errors import BadConfig

DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
    "latin-1": "ISO 8859-1",
}
_PIECE = 1 << 20


class Line(NamedTuple):
    """One row of the file."""

    number: int
    """Of the line on which it begins; the header is line 1."""
    cells: list[str]


@dataclass(frozen=True)
class CsvFile:
    """A file whose form is known."""

    path: Path
    name: str
    """As a person calls it."""
    sha256: str
    size: int
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    @classmethod
    def open(cls, path: Path, wanted: Collection[str] = (), name: str = "") -> "CsvFile":
        """Find out its form; BadConfig where it has none. `wanted` are columns that it should have."""
        sha256, size, head = _digest(path)
        encoding = _encoding(path, head)
        first = _first_line(path, encoding)
        if not first.strip():
            raise BadConfig([f"{name or path.name}: empty, expected a header"])
        delimiter = max(DELIMITERS, key=lambda mark: _fitness(first, mark, wanted))
        header = tuple(cell.strip() for cell in next(csv.reader([first], delimiter=delimiter), []))
        found = cls(path, name or path.name, sha256, size, encoding, delimiter, header)
        if twice := sorted({column for column in header if column and header.count(column) > 1}):
            raise BadConfig([f"{found.name}: column {column!r} is there twice" for column in twice])
        return found

    def lines(self) -> Iterator[Line]:
        """Every row after the header that is not blank; BadConfig where it is no CSV from some line on."""
        with self.path.open(encoding=self.encoding, errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=self.delimiter)
            number = 1
            try:
                for cells in reader:
                    if number > 1 and any(cells):
                        yield Line(number, [cell.strip() for cell in cells])
                    number = reader.line_num + 1
            except (csv.Error, UnicodeError) as error:
                raise BadConfig([f"{self.name}: line {number}: {error}"]) from error

    @property
    def form(self) -> str:
        """In words, for the report."""
        return f"{ENCODINGS[self.encoding]}, {DELIMITERS[self.delimiter]} between fields"


def _digest(path: Path) -> tuple[str, int, bytes]:
    digest, size, head = hashlib.sha256(), 0, b""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            head = head or piece[:4]
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size, head


def _encoding(path: Path, head: bytes) -> str:
    """By byte order mark; else UTF-8 where all of it is that, else Windows-1252, which Excel writes."""
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return encoding
    return next((name for name in ("utf-8", "cp1252") if _decodes(path, name)), "latin-1")


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _first_line(path: Path, encoding: str) -> str:
    with path.open("rb") as raw:
        start = raw.read(_PIECE)
    text = start.decode(encoding, errors="replace")
    return next(iter(io.StringIO(text, newline=None)), "").rstrip("\n")


def _fitness(line: str, mark: str, wanted: Collection[str]) -> tuple[int, int]:
    """How many wanted columns, and how many columns, the header has with this delimiter."""
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=mark), [])]
    except csv.Error:
        return 0, 0
    return len(set(wanted) & set(cells)), len(cells)
