"""A board with MicroPython whose serial line ends in a booted machine."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .machines import Machine
from .panel_live import LiveBoard
from .panel_micropython import MicroPython
from .processes import wait_until

PORT = "/dev/tillsight-panel"
CABLE = f"""
import os, pty, select, sys, tty
from pathlib import Path
far, near = pty.openpty()
tty.setraw(near)
name = Path("{PORT}")
name.unlink(missing_ok=True)
name.symlink_to(os.ttyname(near))
while True:
    for ready in select.select([0, far], [], [])[0]:
        data = os.read(ready, 4096)
        if not data:
            sys.exit()
        os.write(far if ready == 0 else 1, data)
"""


@contextmanager
def board_on(machine: Machine, runtime: MicroPython, folder: Path) -> Iterator[LiveBoard]:
    """Switched off; its name in the machine is PORT."""
    board_end, machine_end = socket.socketpair()
    board_end.setblocking(False)
    words = [*machine.enter(), "python3", "-c", CABLE]
    cable = subprocess.Popen(words, stdin=machine_end.fileno(), stdout=machine_end.fileno())
    board = LiveBoard(runtime, folder, board_end.fileno())
    try:
        wait_until(lambda: machine.run("readlink", PORT, check=False) != "", "the panel's port", 60)
        yield board
    finally:
        board.power_off()
        cable.kill()
        cable.wait()
        board_end.close()
        machine_end.close()
