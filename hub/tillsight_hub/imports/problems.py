"""What can be wrong with a row, and what is worth saying though the row is taken."""

from tillsight_models.errors import TillsightError

ERRORS: dict[str, str] = {
    "fields": "the row has more or fewer fields than the header",
    "touchpoint": "no such touchpoint, and the touchpoint map does not know it",
    "time": "not a time that can be read",
    "no-such-time": "the clock there skipped this time in spring",
    "future": "later than now",
    "too-old": "before 2020, which the hub takes for a clock that was not set",
    "number": "not a number that can be read, negative, or too large",
    "button": "a button or rating outside the scale",
    "flag": "neither yes nor no",
    "currency": "not three letters such as EUR",
    "audit": "an audit that matched more than were counted or observed",
    "duplicate": "this id, or this hour of this touchpoint (and button), was there before",
}
"""A row with one of these is not stored."""

NOTES: dict[str, str] = {
    "ambiguous": "the hour that autumn repeats: taken as the first one, a second count of it as the second",
    "closed": "outside the opening hours",
    "alike": "the same in every mapped column as another row; without an id nobody can tell which is right",
    "other-scale": "the touchpoint has another scale: in no score but the raw number of presses",
    "other-source": "the touchpoint's contact source is another one, or none: in no score",
    "gap": "open days without any row, between the first and the last",
    "stored-already": "days for which the hub has such events of this touchpoint already",
}
"""Rows with these are stored."""


class BadRow(TillsightError, ValueError):
    """A row that is not stored; `problem` is one of ERRORS."""

    def __init__(self, problem: str, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
