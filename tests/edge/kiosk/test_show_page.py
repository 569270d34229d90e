"""The watcher of the shopper's screen: what it tells systemd, and what it hears of the page."""

import json
import math
import os
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

from tests.harness.kiosk_stage import KioskStage
from tests.harness.programs import loaded

from tillsight_edge.kiosk.page import kiosk_routes

PROGRAM = Path(__file__).parents[3] / "deploy" / "roles" / "kiosk" / "files" / "show-page"
show_page = loaded(PROGRAM)


def test_ready_is_said_when_the_page_calls_and_the_watchdog_is_fed_with_each_call() -> None:
    screen = show_page.Screen(100.0)
    assert screen.look(103.0, math.inf) == ""
    assert screen.look(104.0, 20.0) == ""  # it was the page before this one
    assert screen.look(106.0, 1.0).startswith("READY=1\nWATCHDOG=1")
    assert screen.look(107.0, 2.0) == ""  # the same call
    assert screen.look(111.0, 1.0).startswith("WATCHDOG=1")


def test_a_page_that_hangs_feeds_nothing_and_a_missing_agent_is_not_its_fault() -> None:
    screen = show_page.Screen(0.0)
    screen.look(5.0, 0.0)
    assert not any(screen.look(now, now - 5.0) for now in (6.0, 20.0, 60.0))
    assert screen.look(61.0, None).startswith("WATCHDOG=1\nSTATUS=no agent")


def test_the_agent_says_how_long_no_page_has_called(stage: KioskStage) -> None:
    routes = kiosk_routes(stage.kiosk)
    assert json.loads(routes["GET called"](b"").body) == {"silent_ms": None}
    routes["POST ping"](b"{}")
    stage.pass_time(3)
    assert json.loads(routes["GET called"](b"").body) == {"silent_ms": 3000}


def test_nobody_there_is_no_agent() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert show_page.silent_s(free.getsockname()[1]) is None


def test_an_answer_of_somebody_else_is_no_agent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=lambda: server.accept()[0].sendall(b"SSH-2.0-hello\r\n"), daemon=True).start()
        assert show_page.silent_s(server.getsockname()[1]) is None


def test_the_program_ends_with_its_browser_and_does_not_pass_systemd_s_socket_on(tmp_path: Path) -> None:
    words = [sys.executable, PROGRAM, "1", "sh", "-c", "echo ${NOTIFY_SOCKET-none}; exit 3"]
    environment = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "nobody")}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "none\n")
