"""Mail addresses, as far as a hub has to know: whether a text is one, and which several are in a field."""

import re

from .errors import BadAddress

LONGEST = 254
MOST = 20
"""Addresses of one list."""
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")


def is_address(text: str) -> bool:
    """Whether it is `name@host`, in ASCII, without anything that could become a header."""
    return len(text) <= LONGEST and _ADDRESS.fullmatch(text) is not None and ".." not in text


def addresses_in(text: str) -> tuple[str, ...]:
    """Those in a field, between commas, semicolons or spaces; BadAddress names the one that is none."""
    found = tuple(dict.fromkeys(part for part in re.split(r"[\s,;]+", text) if part))
    for address in found:
        if not is_address(address):
            raise BadAddress(f"{address!r:.80}: expected a mail address such as mona@example.org", address)
    if not 1 <= len(found) <= MOST:
        raise BadAddress(f"{len(found)} addresses: expected 1 to {MOST}")
    return found
