"""The firmware that this release brings."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files

from tillsight_panel.messages import FIRMWARE

PACKAGE = "tillsight_panel"
MODULES = ("__init__", "debounce", "framing", "link", "main", "messages", "panel", "ticks")
"""What a panel needs of the package; the rest is the agent's."""
START = "/main.py"
SLOT_FILE = "/panel-slot.txt"
SLOT_PREFIX = "panel-v"


def version() -> str:
    """As a panel says it in its hello."""
    return ".".join(map(str, FIRMWARE))


@cache
def contents() -> Mapping[str, bytes]:
    """The package's files, by their place below the slot."""
    source = files(PACKAGE)
    return {f"{PACKAGE}/{name}.py": source.joinpath(f"{name}.py").read_bytes() for name in MODULES}


def start() -> bytes:
    """What MicroPython runs first."""
    return files(PACKAGE).joinpath("start.py").read_bytes()


def slot() -> str:
    """The folder of exactly these files on the panel; other files have another one."""
    whole = b"".join(name.encode() + b"\0" + data for name, data in sorted(contents().items()))
    return f"/{SLOT_PREFIX}{version()}-{sha256(whole).hexdigest()[:8]}"
