"""The first look at a file: how many rows, which of them come twice, and its decimal mark."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tillsight_models.errors import BadConfig

from .csv_file import CsvFile
from .plan import ImportPlan
from .rows import RowReader
from .values import DecimalMark, mark_of

Tell = Callable[[str], None]
WITH_DECIMALS = ("amount", "dwell_s", "minutes")


@dataclass(frozen=True)
class Survey:
    """What has to be known before the rows are read one by one."""

    plan: ImportPlan
    """With the decimal mark that was found."""
    rows: int
    repeated: frozenset[int]
    """Hashes of keys that come more than once."""


def survey(file: CsvFile, plan: ImportPlan) -> Survey:
    """Reads the whole file; memory is 8 bytes a row. BadConfig where its decimal marks contradict."""
    reader = RowReader(plan, file.header, {}, 0)
    places = [file.header.index(column) for column, name in plan.columns.items() if name in WITH_DECIMALS]
    keys = array("q")
    marks: dict[str, int] = {}
    for line in file.lines():
        keys.append(hash(reader.key(line)))
        if len(line.cells) == len(file.header):
            for at in places:
                marks.setdefault(mark_of(line.cells[at]) or "", line.number)
    return Survey(replace(plan, decimal=plan.decimal or _mark(marks, file)), len(keys), _repeated(keys))


def _mark(marks: dict[str, int], file: CsvFile) -> DecimalMark | None:
    """By the first number that tells; BadConfig where another one tells otherwise."""
    if "comma" in marks and "point" in marks:
        where = f"line {marks['comma']} has a decimal comma, line {marks['point']} a decimal point"
        raise BadConfig([f"{file.name}: {where}: say --decimal comma or point"])
    if "comma" in marks:
        return "comma"
    return "point" if "point" in marks else None


def _repeated(keys: "array[int]") -> frozenset[int]:
    ordered = np.sort(np.frombuffer(keys, np.int64)) if keys else np.array([], np.int64)
    return frozenset(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
