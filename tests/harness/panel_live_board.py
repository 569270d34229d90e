"""The hardware of a board, for the MicroPython runtime: pins that nobody touches, a USB line that is real."""

# mypy: ignore-errors
# It puts scripted things in the place of modules, in a runtime that has no typing.

import sys

import line


class Pin:
    IN, OUT, PULL_UP = "in", "out", "pull-up"

    def __init__(self, number, mode, pull=None, value=None):
        pass

    def value(self, level=None):
        return 1


class Watchdog:
    def __init__(self, timeout):
        self.feed()

    def feed(self):
        line.feed()


class Machine:
    Pin = Pin
    WDT = Watchdog
    PWRON_RESET, WDT_RESET = 1, 3

    @staticmethod
    def Timer(period, callback):
        line.timer(period, lambda: callback(None))

    @staticmethod
    def reset():
        line.reset()

    @staticmethod
    def reset_cause():
        return 1

    @staticmethod
    def unique_id():
        return b"\xe6\x61\x64\x08\x43\x73\x53\x2b"


class Stream:
    def read(self, size):
        return bytes([line.read()])

    def write(self, data):
        line.write(data[0])


class Poll:
    def register(self, stream, what):
        self.what = what

    def poll(self, timeout):
        return self.what == "out" or line.waiting() > 0


class Select:
    POLLIN, POLLOUT = "in", "out"
    poll = Poll


class Sys:
    pass


class Time:
    @staticmethod
    def ticks_ms():
        return line.now()

    @staticmethod
    def sleep_ms(ms):
        line.sleep(ms)


class Micropython:
    @staticmethod
    def kbd_intr(character):
        pass


Sys.stdin = Sys.stdout = Stream()
Sys.stdin.buffer = Sys.stdin
Sys.path = sys.path
real = sys.modules
for name, scripted in (
    ("machine", Machine),
    ("micropython", Micropython),
    ("select", Select),
    ("time", Time),
    ("sys", Sys),
):
    real[name] = scripted
