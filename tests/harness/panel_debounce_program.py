"""Debounces scripted levels in the MicroPython runtime and prints the pressed buttons of each case in a line.

A line `MS LEVELS` lets every millisecond up to MS pass with those levels; `end` ends a case.
"""

from io import StringIO

from tillsight_panel.debounce import PRESS, Debounce


def play(script: str) -> None:
    debounce, now = Debounce(5), -1
    presses: list[int] = []
    for line in StringIO(script):
        words = line.split()
        if words[0] == "end":
            print(*presses)
            debounce, now, presses = Debounce(5), -1, []
            continue
        while now < int(words[0]):
            now += 1
            for kind, button, _ in debounce.sample(now, int(words[1])):
                assert kind == PRESS
                presses.append(button)


play(globals()["INPUT"])
