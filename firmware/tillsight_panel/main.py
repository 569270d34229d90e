"""The RP2040's pins, USB line and watchdog around a Panel; runs only on MicroPython."""

import os
import random
import select
import sys
import time

import machine
import micropython  # type: ignore[import-not-found]

from .messages import ERROR, POWER_ON, THANKS, UNDONE, UNKNOWN, WATCHDOG
from .panel import Panel

BUTTON_PINS = (2, 3, 4, 5, 6)
"""GPIO numbers from the leftmost button on; each button connects its pin to ground."""

THANKS_PIN = 16
ERROR_PIN = 17

SERVICE_PIN = 22
"""Bridged to ground at the start, it leaves the board to its prompt, so that files can be changed."""

WATCHDOG_MS = 2000
"""Four times what MicroPython may wait for a USB host that stopped reading."""

SERVICE_S = 120
"""A panel that was given to its prompt by the host is a panel again after so long."""

FEED_MS = 500

BOOT_FILE = "panel-boot.txt"


class UsbLine:
    """Bytes over USB that never keep the buttons waiting: only what there is room for is written."""

    MOST_WAITING = 512
    AT_ONCE = 64

    def __init__(self, stdin, stdout) -> None:  # type: ignore[no-untyped-def]
        self._stdin = stdin
        self._stdout = stdout
        self._readable = select.poll()
        self._readable.register(stdin, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(stdout, select.POLLOUT)
        self._waiting = bytearray()

    def read(self) -> bytes:
        """What has come. One byte at a time, because a longer read waits for all that it asks for."""
        data = bytearray()
        while len(data) < self.AT_ONCE and self._readable.poll(0):
            data.extend(self._stdin.read(1))
        return bytes(data)

    def write(self, data: bytes) -> None:
        """Send what fits. What a host does not fetch is dropped; the link sends it again."""
        if len(self._waiting) < self.MOST_WAITING:
            self._waiting.extend(data)
        sent = 0
        while sent < min(len(self._waiting), self.AT_ONCE) and self._writable.poll(0):
            self._stdout.write(self._waiting[sent : sent + 1])
            sent += 1
        if sent:
            self._waiting = self._waiting[sent:]


class Board:
    """The panel with its pins."""

    def __init__(self, line: UsbLine, boot: int) -> None:
        self.service = False
        """The host wants the prompt."""
        self._line = line
        self._buttons = [machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP) for pin in BUTTON_PINS]
        self._thanks = machine.Pin(THANKS_PIN, machine.Pin.OUT, value=0)
        self._error = machine.Pin(ERROR_PIN, machine.Pin.OUT, value=0)
        panel_id = int.from_bytes(machine.unique_id(), "big")
        self._panel = Panel(len(BUTTON_PINS), boot, panel_id, reset_cause())

    def turn(self, ms: int) -> None:
        """Look at everything once."""
        self._panel.feed(self._line.read())
        self._line.write(self._panel.tick(ms, self._levels()))
        self.service = self._panel.link.service
        signal = self._panel.light
        self._thanks.value(signal == THANKS or (signal == UNDONE and ms & 128 > 0))
        self._error.value(signal == ERROR)

    def _levels(self) -> int:
        levels = 0
        for index, button in enumerate(self._buttons):
            if not button.value():
                levels |= 1 << index
        return levels


def reset_cause() -> int:
    """Why the board started, as the link says it."""
    cause = machine.reset_cause()
    if cause == machine.WDT_RESET:
        return WATCHDOG
    return POWER_ON if cause == machine.PWRON_RESET else UNKNOWN


def next_boot(path: str = BOOT_FILE) -> int:
    """The number of this start, one more than the last; random where flash does not remember that one.

    Random, because the host may have seen 1 before, and would take our presses for old ones.
    """
    try:
        with open(path) as file:
            last = int(file.read())
    except (OSError, ValueError):
        last = random.getrandbits(32)
    boot = (last + 1) & 0xFFFFFFFF
    try:
        with open(path + ".new", "w") as file:
            file.write(str(boot))
        os.rename(path + ".new", path)
    except OSError:
        return random.getrandbits(32)
    return boot


def run() -> None:
    """Be a panel until the host wants the prompt; not at all where the service pin is bridged."""
    if not machine.Pin(SERVICE_PIN, machine.Pin.IN, machine.Pin.PULL_UP).value():
        return
    micropython.kbd_intr(-1)  # 0x03 is a byte like any other
    board = Board(UsbLine(sys.stdin.buffer, sys.stdout.buffer), next_boot())
    watchdog = machine.WDT(timeout=WATCHDOG_MS)
    while not board.service:
        board.turn(time.ticks_ms())  # type: ignore[attr-defined]
        watchdog.feed()
        time.sleep_ms(1)  # type: ignore[attr-defined]
    micropython.kbd_intr(3)
    lend(watchdog)


def lend(watchdog) -> None:  # type: ignore[no-untyped-def]
    """Feed the watchdog, which cannot be stopped, beside the prompt; and then no more, so that it resets."""
    left = [SERVICE_S * 1000 // FEED_MS]

    def feed(_: object) -> None:
        left[0] -= 1
        if left[0] > 0:
            watchdog.feed()

    machine.Timer(period=FEED_MS, callback=feed)
