"""Plays a script to Panels and prints what they answer, byte for byte, on MicroPython and on CPython.

A line `panel BOOT MS` starts a new one at MS; a line `MS LEVELS HEX` gives it bytes from the host and then
lets every millisecond up to MS pass with those levels. Memory is short there, so nothing is kept.
"""

from binascii import hexlify, unhexlify
from io import StringIO

from tillsight_panel.panel import Panel

WRAP_MS = 1 << 30


def play(script, tell):  # type: ignore[no-untyped-def]
    """Call `tell` with a line for each answer: `MS HEX LIGHT`."""
    panel, now = Panel(5, 1), 0
    for line in StringIO(script):
        words = line.split()
        if words[0] == "panel":
            panel = Panel(5, int(words[1]), panel_id=0xE661)
            now = int(words[2])
            continue
        if len(words) > 2:
            panel.feed(unhexlify(words[2]))
        while now < int(words[0]):
            now += 1
            sent = panel.tick(now % WRAP_MS, int(words[1]))
            if sent:
                tell(f"{now % WRAP_MS} {hexlify(sent).decode()} {panel.light}")


if "INPUT" in globals():
    play(globals()["INPUT"], print)  # type: ignore[no-untyped-call]
