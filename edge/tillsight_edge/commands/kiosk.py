"""`tillsight-edge kiosk`: the shopper's screen, on a laptop or of the running agent."""

import argparse
import http.client
import json
import os
import select
import sys
import tempfile
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig

from ..config import SYSTEM_CONFIG, DeviceConfig, load_config
from . import FAILED, Commands, new_command, stop_on_signals

if TYPE_CHECKING:
    from ..agent import Agent
    from ..fakes import SimulatedPanel

KEYS = "123456789"


def add(commands: Commands) -> None:
    """The command's arguments."""
    parser = new_command(commands, "kiosk", "the shopper's screen: a preview, or where it is served", run)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("plays", "resume"),
        help="plays: what was played, and who was there; resume: end a pause of the cameras",
    )
    parser.add_argument("--csv", action="store_true", help="for plays: a row for each play")
    parser.add_argument(
        "--playback",
        type=Path,
        metavar="FILE",
        help="for plays: CSV of another player instead of the own log",
    )
    parser.add_argument(
        "--preview", action="store_true", help="serve it here, with the keys of the terminal as the panel"
    )
    parser.add_argument("--survey", type=Path, metavar="FILE", help="for the preview: this survey")
    parser.add_argument("--port", type=int, metavar="N", help="for the preview: default is the setting's")


def run(arguments: argparse.Namespace) -> int:
    """Preview, or look whether the agent serves the page."""
    if arguments.preview:
        return _preview(arguments)
    config = load_config(arguments.config)
    if arguments.what == "plays":
        return _plays(config, arguments)
    if not config.kiosk.enabled:
        print("kiosk.enabled is false", file=sys.stderr)
        return FAILED
    url = f"http://127.0.0.1:{config.kiosk.port}/"
    page = _page(config.kiosk.port)
    if page is None:
        print(f"{url}: nothing is served there; is the agent running?", file=sys.stderr)
        return FAILED
    if arguments.what == "resume":
        return _resume(config.kiosk.port, page)
    print(url)
    return 0


def _plays(config: DeviceConfig, arguments: argparse.Namespace) -> int:
    from ..kiosk.plays import joined, read_playback, read_plays, write_csv

    if config.kiosk.play_log is None:
        print("kiosk.play_log: None: nothing is noted", file=sys.stderr)
        return FAILED
    book = read_plays(config.kiosk.play_log)
    plays = book.plays if arguments.playback is None else read_playback(arguments.playback)
    rows = joined(plays, book)
    if arguments.csv:
        write_csv(rows, sys.stdout)
        return 0
    for row in rows:
        print(
            f"{row['from']}  {row['item']}: {row['seconds']} s, somebody there for {row['present_s']} s,"
            f" {row['contacts']} contacts"
        )
    return 0


def _page(port: int) -> str | None:
    """Path of the page that the agent serves; None where nothing of ours is served."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
        except OSError:
            return None
        is_ours = answer.getheader("Server", "").startswith("tillsight")
        return answer.getheader("Location", "/") if is_ours else None


def _resume(port: int, page: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("POST", f"{page}resume", b"{}")
        watched = json.loads(connection.getresponse().read())
    if watched.get("pause") is None:
        print("there is no camera that can be paused", file=sys.stderr)
        return FAILED
    print("the cameras are not paused")
    return 0


def _preview(arguments: argparse.Namespace) -> int:
    """The real agent with a simulated panel, an outbox that is thrown away, and no hub."""
    from ..agent import Agent
    from ..fakes import SimulatedPanel
    from ..kiosk.contents import contents_problems

    with ExitStack() as parts:
        folder = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="tillsight-kiosk-")))
        config = _preview_config(arguments, folder)
        if problems := contents_problems(config.kiosk):
            raise BadConfig(problems)
        panel = SimulatedPanel(config.panel.buttons)
        panel.start()
        parts.callback(panel.stop)
        settings = config.panel.model_copy(update={"port": panel.port})
        agent = Agent(config.model_copy(update={"panel": settings}))
        stopping = threading.Event()

        def stop() -> None:
            stopping.set()
            agent.stop()

        stop_on_signals(stop)
        typist = threading.Thread(
            target=_type, args=(agent, panel, config.panel.buttons, stopping), name="keys", daemon=True
        )
        typist.start()
        agent.run()
        stopping.set()
        typist.join(1)
        return FAILED if agent.failed else 0


def _preview_config(arguments: argparse.Namespace, folder: Path) -> DeviceConfig:
    """The device's own where there is one, but for what would reach outside."""
    config = _own_config(arguments)
    kiosk: dict[str, Any] = {"enabled": True}
    if arguments.survey is not None:
        kiosk["survey"] = arguments.survey
    if arguments.port is not None:
        kiosk["port"] = arguments.port
    hub = config.hub.model_copy(update={"transport": "mqtt", "host": "127.0.0.1", "port": 9, "tls": False})
    return config.model_copy(
        update={
            "panel": config.panel.model_copy(update={"kind": "simulated", "undo_s": 10.0}),
            "kiosk": config.kiosk.model_copy(update=kiosk),
            "outbox": config.outbox.model_copy(update={"path": folder / "outbox.db"}),
            "health": config.health.model_copy(update={"status_file": None}),
            "presence": config.presence.model_copy(update={"pins": ()}),
            "staff": config.staff.model_copy(update={"attempt_pin": None}),
            "cameras": {},
            "hub": hub,
        }
    )


def _own_config(arguments: argparse.Namespace) -> DeviceConfig:
    if arguments.config != SYSTEM_CONFIG or SYSTEM_CONFIG.exists():
        return load_config(arguments.config)
    languages = ["en"]
    if arguments.survey is not None:
        from tillsight_models.surveys import load_survey
        from tillsight_models.wanted import SPOKEN

        languages = [each for each in load_survey(arguments.survey).languages if each in SPOKEN]
    preview = {
        "device": {"id": "preview", "org": "preview", "site": "preview", "touchpoint": "preview"},
        "panel": {"kind": "simulated", "undo_button": True},
        "kiosk": {"languages": languages or ["en"], "attract_s": 60.0},
        "hub": {"host": "127.0.0.1"},
    }
    return read_settings(preview, DeviceConfig)


def _type(agent: "Agent", panel: "SimulatedPanel", buttons: int, stopping: threading.Event) -> None:
    """Keys and Enter are presses; without a terminal there is the screen alone."""
    agent.started.wait(10)
    pages = agent.kiosk.pages if agent.kiosk else None
    if pages is None:
        print("the kiosk's port is taken; choose another one with --port", file=sys.stderr)
        agent.fail()
        return
    print(f"Open http://127.0.0.1:{pages.port}/", flush=True)
    print(f"Keys 1 to {buttons} and Enter are the panel's buttons; Ctrl-C ends.", flush=True)
    while not stopping.is_set():
        ready, _, _ = select.select([sys.stdin], [], [], 0.25)
        if not ready:
            continue
        typed = os.read(sys.stdin.fileno(), 64).decode(errors="ignore")
        if not typed:
            return
        for key in typed:
            if key in KEYS[:buttons]:
                panel.press(KEYS.index(key) + 1)
