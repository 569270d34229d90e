"""Lies on the board as /main.py, which MicroPython runs at its start: the program that SLOT_FILE leads to.

The file is replaced as a whole, so that after a power cut one program is there, the old or the new. Without
it the program is in /lib, where it was copied by hand.
"""

import sys

SLOT_FILE = "panel-slot.txt"

try:
    with open(SLOT_FILE) as file:
        sys.path.insert(0, file.read().strip())
except OSError:
    sys.path.insert(0, "/lib")

from tillsight_panel.main import run  # noqa: E402

run()
