"""Sockets in the file system: the kernel has room for 107 bytes of a path, and folders may lie deeper."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MOST_BYTES = 107
LONGEST_NAME = 80
"""Bytes of a socket's own name, so that it fits whatever folder it is in."""


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """What to bind or connect to inside the block: the path, or where it is too long a way round it.

    OSError where the folder is not there.
    """
    if len(os.fsencode(path)) <= MOST_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
