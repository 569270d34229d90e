"""Runs in a machine whose clock was wrong at boot, and tells as JSON what became of it: `SECONDS TRUE_TIME`.

For so many seconds, or until the agent is connected, nobody tells the machine the time; then a time server on
it does, by which it is TRUE_TIME plus what has passed since this program began. At the end it switches the
machine off.
"""

import json
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

PROGRAM = "/opt/tillsight/current/.venv/bin/tillsight-edge"
SINCE_1900 = 2_208_988_800
PATIENCE_S, AFTERWARDS_S = 200.0, 20.0
"""For the time to arrive, and before and after that for what follows from it."""
RIGHT_S = 60.0


def passed() -> float:
    """Seconds since the machine was switched on, whatever its clock says."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def serve(true_time: float, began: float) -> None:
    """Who asks for the time is told."""
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 123))
    while True:
        asked, who = line.recvfrom(512)
        now = true_time + passed() - began + SINCE_1900
        stamp = struct.pack("!II", int(now), int(now % 1 * 2**32))
        head = struct.pack("!BBbbII4s", 0x24, 1, 6, -20, 0, 0, b"GPS\0")
        line.sendto(head + stamp + asked[40:48] + stamp + stamp, who)


def said(*words: str) -> str:
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def is_connected() -> bool:
    try:
        return bool(json.loads(said(PROGRAM, "status", "--json")).get("connected"))
    except ValueError:
        return False


def events() -> list[tuple[Any, ...]]:
    """Of this boot, as the hub has them."""
    (file,) = Path("/var/lib/tillsight-hub").glob("*.db")
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as hub:
        asked = (
            "select type, t, tq, mono, device_t, device_tq, boot from event order by received desc, seq desc"
        )
        rows = hub.execute(asked).fetchmany(400)
    return [row[:-1] for row in rows if row[-1] == rows[0][-1]]


def look_on(quiet_s: float, true_time: float, began: float) -> list[dict[str, float]]:
    """Each second, until all is well or patience ends."""
    looks: list[dict[str, float]] = []
    told_s = 0.0
    while passed() - began < quiet_s + PATIENCE_S:
        connected, after_s = is_connected(), passed() - began
        look = {"after_s": after_s, "clock": time.time(), "connected": connected, "is_told": bool(told_s)}
        looks.append(look)
        if told_s and connected and abs(time.time() - true_time - after_s) < RIGHT_S:
            break
        if not told_s and (connected or after_s > quiet_s):
            time.sleep(AFTERWARDS_S)
            told_s = passed() - began
            threading.Thread(target=serve, args=(true_time, began), daemon=True).start()
            said("systemctl", "restart", "--no-block", "systemd-timesyncd.service")
        time.sleep(1)
    return looks


def main(quiet_s: float, true_time: float) -> None:
    began = passed()
    looks = look_on(quiet_s, true_time, began)
    time.sleep(AFTERWARDS_S)
    floor = said("journalctl", "-b", "--no-pager", "-o", "cat", "-u", "tillsight-clock-floor.service")
    told = {"looks": looks, "events": events(), "floor": floor, "began_mono_ms": began * 1000}
    Path("/dev/ttyS1").write_text(json.dumps(told), encoding="ascii")
    said("systemctl", "poweroff")


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]))
