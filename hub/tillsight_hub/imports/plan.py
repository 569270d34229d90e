"""What to import and how to read it, put together and checked before the first row is read."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tillsight_models.errors import BadConfig, BadScale
from tillsight_models.events import ContactSource
from tillsight_models.scales import scale

from ..calendar import zone
from ..errors import BadZone
from .csv_file import CsvFile
from .kinds import FIELDS, Kind, fields_of, is_hourly, lacking
from .moments import Dates
from .values import DecimalMark

STREAM_LENGTH = 16


@dataclass(frozen=True)
class ImportPlan:
    """How the columns of one file become events."""

    kind: Kind
    columns: Mapping[str, str]
    """Column of the file to field."""
    touchpoint: str | None = None
    """Where all rows belong, in a file without such a column."""
    touchpoint_map: Mapping[str, str] = field(default_factory=dict)
    """The other system's names to our ids."""
    tz: str | None = None
    """Of times without an offset; None is the store's."""
    dates: Dates = "iso"
    decimal: DecimalMark | None = None
    scale: str | None = None
    """Of the votes; None is the touchpoint's."""
    first_button: int = 1
    """The number that the other system gives to the leftmost button."""
    best_first: bool = False
    """Whether the leftmost button is the best one."""
    source: ContactSource | None = None
    """What counted the contacts; None is the touchpoint's contact source."""

    def checked(self, file: CsvFile) -> "ImportPlan":
        """With the columns that are called like fields mapped to them; BadConfig where it cannot work."""
        known = fields_of(self.kind)
        columns = {column: column for column in file.header if column in known} | dict(self.columns)
        columns = {column: name for column, name in columns.items() if name}
        problems = [*_unreadable(self), *_unmapped(columns, known, file, self.kind)]
        if not problems:
            problems = lacking(self.kind, columns.values(), one_touchpoint=self.touchpoint is not None)
        if problems:
            raise BadConfig(problems)
        return ImportPlan(**{**self.__dict__, "columns": columns})

    @property
    def hourly(self) -> bool:
        """Whether rows are counts per hour."""
        return is_hourly(self.kind, self.columns.values())

    def stream(self, file: CsvFile) -> str:
        """The import's id: the same content read in the same way has the same one."""
        plan = json.dumps(self.__dict__, sort_keys=True)
        return hashlib.sha256(f"{file.sha256}\n{plan}".encode()).hexdigest()[:STREAM_LENGTH]


def read_assignments(texts: Iterable[str], option: str) -> dict[str, str]:
    """`THEIRS=OURS` as given on a command line; the last = parts."""
    found: dict[str, str] = {}
    for text in texts:
        theirs, mark, ours = text.rpartition("=")
        if not mark or not theirs:
            raise BadConfig(
                [f"{option} {text}: expected {'COLUMN=FIELD' if option == '--map' else 'THEIRS=OURS'}"]
            )
        if found.get(theirs, ours) != ours:
            raise BadConfig([f"{option} {text}: {theirs} is {found[theirs]} already"])
        found[theirs] = ours
    return found


def read_touchpoint_map(path: Path) -> dict[str, str]:
    """A CSV of two columns: the other system's name, and our id; the first row is a header."""
    file = CsvFile.open(path)
    found: dict[str, str] = {}
    for number, cells in file.lines():
        if len(cells) != 2 or not all(cells):
            raise BadConfig([f"{path}: line {number}: expected two fields, their name and our id"])
        if found.get(cells[0], cells[1]) != cells[1]:
            raise BadConfig([f"{path}: line {number}: {cells[0]!r} is {found[cells[0]]} already"])
        found[cells[0]] = cells[1]
    return found


def _unreadable(plan: ImportPlan) -> list[str]:
    problems = []
    try:
        if plan.tz is not None:
            zone(plan.tz)
    except BadZone as error:
        problems.append(f"--tz {error}")
    try:
        if plan.scale is not None:
            scale(plan.scale)
    except BadScale as error:
        problems.append(f"--scale: {error}")
    if plan.touchpoint is not None and "touchpoint" in plan.columns.values():
        problems.append("--touchpoint: a column is mapped to touchpoint already")
    return problems


def _unmapped(columns: Mapping[str, str], known: tuple[str, ...], file: CsvFile, kind: Kind) -> list[str]:
    """Mappings of columns that are not there or to fields that do not exist, or to one field twice."""
    problems = []
    by_field: dict[str, str] = {}
    for column, name in columns.items():
        if column not in file.header:
            there = ", ".join(column for column in file.header if column)
            problems.append(f"--map {column}={name}: no such column in {file.name}, there are {there:.400}")
        elif name not in FIELDS:
            problems.append(f"--map {column}={name}: no such field, expected one of {', '.join(known)}")
        elif name not in known:
            problems.append(
                f"--map {column}={name}: not a field of {kind}, expected one of {', '.join(known)}"
            )
        elif name in by_field:
            problems.append(f"--map {column}={name}: column {by_field[name]} is mapped to it already")
        by_field.setdefault(name, column)
    return problems
