"""Numbers, flags and decimal marks as other systems write them."""

import re
from decimal import Decimal, InvalidOperation
from typing import Literal

from .problems import BadRow

DecimalMark = Literal["comma", "point"]

MAX_NUMBER = 1_000_000
"""Of any count, as in events."""

_number = re.compile(r"^-?[0-9][0-9.,']*$")
_blanks = re.compile(r"[\s   ]")
_one_mark = re.compile(r"^-?[0-9]+[.,]([0-9]+)$")

YES = frozenset({"1", "true", "yes", "y", "t", "x"})
NO = frozenset({"", "0", "false", "no", "n", "f"})


def whole(field: str, text: str, mark: DecimalMark | None, most: int = MAX_NUMBER) -> int:
    """A count from 0 to `most`; nothing at all is 0."""
    if not text:
        return 0
    number = decimal(field, text, mark)
    if number != int(number):
        raise BadRow("number", f"{field}: {text!r}: expected a whole number")
    if number > most:
        raise BadRow("number", f"{field}: {text!r}: expected at most {most}")
    return int(number)


def decimal(field: str, text: str, mark: DecimalMark | None) -> Decimal:
    """A number that is not negative, with the file's decimal mark; the other mark parts thousands."""
    bare = _blanks.sub("", text)
    if not _number.match(bare) or len(bare) > 40:
        raise BadRow("number", f"{field}: {text[:40]!r}: expected a number")
    if bare.startswith("-"):
        raise BadRow("number", f"{field}: {text!r}: expected a number that is not negative")
    own = mark_of(bare)
    if own == "either" and mark is None:
        raise BadRow("number", f"{field}: {text!r}: thousands or decimals? say --decimal comma or point")
    if own not in (None, "either", mark) and mark is not None:
        raise BadRow("number", f"{field}: {text!r}: expected a decimal {mark}")
    point, thousands = (",", ".") if (mark or own) == "comma" else (".", ",")
    try:
        return Decimal(bare.replace("'", "").replace(thousands, "").replace(point, "."))
    except InvalidOperation:
        raise BadRow("number", f"{field}: {text!r}: expected a number") from None


def mark_of(text: str) -> DecimalMark | Literal["either"] | None:
    """Which decimal mark a number has: 1.234,5 comma, 1234.5 point, 1,234 either, 1234 None."""
    comma, point = text.rfind(","), text.rfind(".")
    if comma < 0 and point < 0:
        return None
    if comma >= 0 and point >= 0:
        return "comma" if comma > point else "point"
    if text.count(",") + text.count(".") > 1:
        return "point" if comma >= 0 else "comma"
    found = _one_mark.match(text)
    if found and len(found[1]) == 3:
        return "either"
    return "comma" if comma >= 0 else "point"


def flag(field: str, text: str) -> bool:
    """Yes or no."""
    word = text.strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise BadRow("flag", f"{field}: {text[:40]!r}: expected yes or no, true or false, 1 or 0")
