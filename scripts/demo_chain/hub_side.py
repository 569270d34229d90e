"""The demo's hub: its files, its login, its process, and the chain's past."""

import json
import secrets
import socket
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, select

from tillsight_hub.access import add_user, create_token, list_users, set_password
from tillsight_hub.database import open_database, prepare
from tillsight_hub.seed import apply_seed, read_seed
from tillsight_hub.tables import device

from .books import remember_past
from .chain import PLACES, seed_file
from .children import ChildEnded
from .customers import SURVEY
from .history import messages, past

USER = "demo"
USUAL_PORT = 8080
PATIENCE_S = 60.0
"""For a slow machine that starts eight programs at once."""


@dataclass(frozen=True)
class HubSide:
    """Where the hub's things are."""

    folder: Path
    web_port: int
    mqtt_port: int
    password: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}/"

    @property
    def config(self) -> Path:
        return self.folder / "hub.toml"

    @property
    def past(self) -> Path:
        """What was sent as history."""
        return self.folder / "history.json"

    def open_database(self) -> Engine:
        """The hub's database, for its accounts."""
        return open_database(_database_url(self.folder))


def lay_out(folder: Path, port: int | None, broker: str, now: datetime) -> HubSide:
    """Write the hub's files, make its tables, its hierarchy and its login."""
    folder.mkdir(parents=True, exist_ok=True)
    hub = HubSide(folder, port or usual_port(), free_port(), secrets.token_urlsafe(9))
    seed = folder / "seed.toml"
    if not seed.exists():
        seed.write_text(seed_file(now), encoding="utf-8")
    hub.config.write_text(_config(hub, broker), encoding="utf-8")
    engine = hub.open_database()
    try:
        prepare(engine)
        apply_seed(engine, read_seed(seed))
        if any(user.name == USER for user in list_users(engine)):
            set_password(engine, USER, hub.password)
        else:
            add_user(engine, USER, hub.password, "admin")
    finally:
        engine.dispose()
    return hub


def wait_until_ready(hub: HubSide, check: Callable[[], None]) -> None:
    """Return once the hub answers; `check` raises when a process is gone."""

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{hub.url}healthz", timeout=5):
                return True
        except OSError:
            return False

    _wait(answers, check, "the hub does not answer")


def wait_until_connected(hub: HubSide, check: Callable[[], None]) -> None:
    """Return once every till has said to the hub that it is there."""
    engine = hub.open_database()
    ready = select(func.count()).select_from(device).where(device.c.state == "ready")

    def all_there() -> bool:
        with engine.connect() as connection:
            return connection.scalar(ready) == len(PLACES)

    try:
        _wait(all_there, check, "not every till reaches the hub")
    finally:
        engine.dispose()


def _wait(condition: Callable[[], bool], check: Callable[[], None], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        check()
        if time.monotonic() > deadline:
            raise ChildEnded(f"{otherwise} after {PATIENCE_S:g} s")
        time.sleep(0.1)


def fill_the_past(hub: HubSide, days: int, until: datetime, seed: int) -> None:
    """Send the chain's past through the hub's ingest, each touchpoint's with a token of its device."""
    engine = hub.open_database()
    try:
        for place in PLACES:
            token = create_token(engine, "history of the demo", "device", place.device, days=1)
            before = past(place, days, until, seed)
            remember_past(hub.past, before)
            for message in messages(before.events):
                _post(f"{hub.url}api/v1/ingest", token, message)
    finally:
        engine.dispose()


def usual_port() -> int:
    """8080 where that is free, because it is easy to remember."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", USUAL_PORT))
        except OSError:
            return free_port()
    return USUAL_PORT


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _post(url: str, token: str, message: bytes) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, message, headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def _database_url(folder: Path) -> str:
    return f"sqlite:///{folder.absolute() / 'hub.db'}"


def _config(hub: HubSide, broker: str) -> str:
    return f"""\
data_dir = {json.dumps(str(hub.folder.absolute()))}

[mqtt]
port = {hub.mqtt_port}
program = "{broker}"

[web]
port = {hub.web_port}

[ingest]
# Weeks of the past are handed in at once.
device_rate = 100000
device_burst = 1000000
device_daily = 10000000

[metrics]
questions = [
    {{ survey = "{SURVEY}", question = "recommend", asks = "nps" }},
    {{ survey = "{SURVEY}", question = "overall", asks = "outcome" }},
    {{ survey = "{SURVEY}", question = "speed", asks = "driver:speed" }},
    {{ survey = "{SURVEY}", question = "friendliness", asks = "driver:friendliness" }},
    {{ survey = "{SURVEY}", question = "range", asks = "driver:range" }},
]
"""
