"""The board's own loop in the MicroPython runtime: its pins, USB line, clock and watchdog are scripted here.

INPUT is JSON: `turns` of the loop to run, one a millisecond; `held`: [first, last, pin] that read low from
the first turn to the last; `service`: the service pin is bridged; `stalls`: the host holds the port open
without reading; `cause` of the reset. Prints one JSON object of what was seen.
"""

# mypy: ignore-errors
# It puts scripted things in the place of modules, in a runtime that has no typing.

import json
import os
import sys

from tillsight_panel.host import HostLink
from tillsight_panel.messages import ERROR, THANKS, UNDONE

task = json.loads(globals()["INPUT"])
seen = {"presses": [], "lit": {"16": 0, "17": 0}, "fed": 0, "kbd_intr": None, "watchdog_ms": 0}
now = 0


class Over(Exception):
    """As many turns as the task wants."""


class Pin:
    IN, OUT, PULL_UP = "in", "out", "pull-up"

    def __init__(self, number, mode, pull=None, value=None):
        assert mode == self.OUT or pull == self.PULL_UP
        self.number = str(number)

    def value(self, level=None):
        if level is not None:
            seen["lit"][self.number] += level
            return None
        if self.number == "22":
            return not task.get("service")
        return not any(first <= now < last and str(pin) == self.number for first, last, pin in task["held"])


class Watchdog:
    def __init__(self, timeout):
        seen["watchdog_ms"] = timeout

    def feed(self):
        seen["fed"] += 1


class Machine:
    Pin = Pin
    WDT = Watchdog
    PWRON_RESET, WDT_RESET = 1, 3

    @staticmethod
    def reset_cause():
        return task.get("cause", 1)

    @staticmethod
    def unique_id():
        return b"\xe6\x61\x64\x08\x43\x73\x53\x2b"


class Usb:
    """Standard input and output, and the host at the other end, which commits every press at once."""

    def __init__(self):
        self.host = HostLink()
        self.to_panel = bytearray(b"\x03")  # Ctrl-C is a byte like any other
        self.buffer = self

    def read(self, size):
        assert size == 1 and self.to_panel, "this read would wait"
        byte, self.to_panel = self.to_panel[:1], self.to_panel[1:]
        return bytes(byte)

    def write(self, data):
        assert len(data) == 1 and not task.get("stalls"), "this write would wait"
        self.host.feed(data, now)

    def turn(self):
        while self.host.events:
            event = self.host.events[0]
            seen["presses"].append(event.value)
            self.host.light((THANKS, UNDONE, ERROR)[event.value % 3], now)
            self.host.confirm(event)
        if not task.get("stalls"):
            self.to_panel.extend(self.host.tick(now))


class Poll:
    def register(self, stream, what):
        self.stream, self.what = stream, what

    def poll(self, timeout):
        assert timeout == 0
        return not task.get("stalls") if self.what == Select.POLLOUT else bool(self.stream.to_panel)


class Select:
    POLLIN, POLLOUT = 1, 4
    poll = Poll


class Micropython:
    @staticmethod
    def kbd_intr(character):
        seen["kbd_intr"] = character


class Time:
    @staticmethod
    def ticks_ms():
        return now

    @staticmethod
    def sleep_ms(ms):
        global now
        now += ms
        usb.turn()
        if now >= task["turns"]:
            raise Over


class Sys:
    pass


def next_boots(main):
    """The numbers of a first start, the next, two after damage to the file, and one without a file."""
    boots = [main.next_boot(), main.next_boot()]
    with open(main.BOOT_FILE, "w") as file:  # noqa: PTH123  # MicroPython has no pathlib
        file.write("\0\xff")
    boots.append(main.next_boot())
    boots.append(main.next_boot())
    boots.append(main.next_boot("/no/such/folder/file"))
    return boots


sys.modules["machine"] = Machine
usb = Usb()
from tillsight_panel import main  # noqa: E402  # it imports the Machine above

Sys.stdin = Sys.stdout = usb
main.sys, main.select, main.time, main.micropython = Sys, Select, Time, Micropython
os.chdir("/")
seen["boots"] = next_boots(main)
try:
    main.run()
    seen["ended"] = "service"
except Over:
    seen["ended"] = "over"
about = usb.host.panel
seen["panel"] = about and [about.boot, about.panel_id, about.reset_cause, about.buttons]
print(json.dumps(seen))
