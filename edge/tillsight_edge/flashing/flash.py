"""Which firmware is on the panel, and the shipped one instead."""

import errno
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from serial import Serial, SerialException

from tillsight_panel.framing import FrameReader, encode
from tillsight_panel.host import PanelAbout
from tillsight_panel.messages import HELLO, POLL, SERVICE, SERVICE_WORD, pack, unpack

from ..buttons.serial import BAUD
from . import shipped
from .board import Board
from .errors import FlashFailed, NoPanel
from .prompt import Prompt

HELLO_S = 3.0
PROMPT_S = 1.0
MEETINGS = 3
SERVICE_S = 10.0
START_S = 30.0
"""From a reset to the first hello; a board on USB has to be found again."""
LOOK_AGAIN_S = 0.2
ASK_AGAIN_S = 1.0
"""Byte 4 of the question lets a board at its prompt begin anew."""
RESET = "import machine\nmachine.reset()"
FIRST_WITH_SERVICE = (1, 1)
Tell = Callable[[str], None]


def firmware_on(port: Path) -> str | None:
    """Version of the panel's firmware; None at MicroPython's prompt. NoPanel where nobody answers."""
    with closing(open_port(port)) as line:
        about = _meet(line)
        if about is None:
            Prompt(line).leave(RESET)  # where it has a program, it goes on with it
        return about.firmware if about else None


def flash(port: Path, tell: Tell) -> None:
    """The shipped firmware on the panel, whatever was there; FlashFailed where that did not become true. What
    was there before is there still, until the very last step."""
    with closing(open_port(port)) as line:
        prompt = _prompt(line)
        tell(f"{port}: the panel is at its prompt")
        write(Board(prompt), tell)
        with suppress(OSError):  # a board on USB is gone at once
            prompt.leave(RESET)
    said = _first_hello(port)
    if said != shipped.version():
        raise FlashFailed(f"{port}: expected firmware {shipped.version()} after the start, heard {said}")
    tell(f"{port}: the panel runs firmware {said}")


def open_port(port: Path) -> Serial:
    """For us alone: an agent that has it keeps it."""
    try:
        return Serial(str(port), BAUD, timeout=0.1, write_timeout=5.0, exclusive=True)
    except SerialException as error:
        if error.errno == errno.EWOULDBLOCK or "lock" in str(error):
            raise NoPanel(f"{port}: somebody has it open; stop the agent, or name its --unit") from error
        raise NoPanel(f"{port}: {error}") from error


def write(board: Board, tell: Tell) -> None:
    """The shipped files, in an order in which each step leaves a panel that starts: the new program beside
    the old one, the start that finds it, and last the file that says which it is."""
    slot, before = shipped.slot(), board.text(shipped.SLOT_FILE)
    files = {f"{slot}/{name}": data for name, data in shipped.contents().items()}
    board.put_all(files)
    if wrong := board.differs(files):
        raise FlashFailed(f"{', '.join(wrong)}: not on the panel as they were sent")
    tell(f"{len(files)} files of firmware {shipped.version()} are written and read back")
    board.put(shipped.START, shipped.start())
    board.put(shipped.SLOT_FILE, slot.encode())
    board.remove_folders(shipped.SLOT_PREFIX, {slot, before})


def _meet(line: Serial) -> PanelAbout | None:
    """Who is there; None for MicroPython's prompt."""
    for _ in range(MEETINGS):
        if Prompt(line).enter(PROMPT_S):
            return None
        if about := _hello(line, HELLO_S):
            return about
    raise NoPanel(f"{line.name}: nobody answers; expected a panel, or MicroPython")


def _prompt(line: Serial) -> Prompt:
    """Of a panel that has given its program up, or of a board that has none."""
    prompt, about = Prompt(line), _meet(line)
    if about is None:
        return prompt
    deadline = time.monotonic() + SERVICE_S
    while time.monotonic() < deadline:
        line.write(b"\0" + encode(pack(SERVICE, SERVICE_WORD)))
        if prompt.enter(PROMPT_S):
            return prompt
    if tuple(map(int, about.firmware.split("."))) < FIRST_WITH_SERVICE:
        raise FlashFailed(
            f"{line.name}: firmware {about.firmware} gives no prompt; bridge GP22 to ground, plug it in"
        )
    raise FlashFailed(
        f"{line.name}: the panel holds presses that are not stored; let the agent run, and try again"
    )


def _hello(line: Serial, seconds: float) -> PanelAbout | None:
    """What the panel says of itself; None where none answers. Nothing is acknowledged, so nothing is lost."""
    reader, deadline = FrameReader(), time.monotonic() + seconds
    asked = -ASK_AGAIN_S
    while (now := time.monotonic()) < deadline:
        if now - asked >= ASK_AGAIN_S:
            asked = now
            line.write(b"\0" + encode(pack(POLL)))
        for payload in reader.feed(line.read(max(1, line.in_waiting))):
            message = unpack(payload)
            if message is not None and message[0] == HELLO:
                return PanelAbout(message)
    return None


def _first_hello(port: Path) -> str:
    """Version that the panel tells after its reset; its port may be gone meanwhile."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with suppress(OSError), closing(open_port(port)) as line:
            if about := _hello(line, HELLO_S):
                return about.firmware
        time.sleep(LOOK_AGAIN_S)
    return "nothing"
