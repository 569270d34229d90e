"""A whole hub behind a real port, for browsers, with users who may log in."""

import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from tillsight_hub.access import add_user, create_token
from tillsight_hub.app import create_app
from tillsight_hub.cleaning.rules import CleaningSettings
from tillsight_hub.config import HubConfig
from tillsight_hub.seed import Seed, apply_seed
from tillsight_hub.services import Services
from tillsight_models.configuration import read_settings
from tillsight_models.events import encode_message

from .ingesting import SEED, Box
from .ports import free_port
from .processes import wait_until
from .schemas import lay_down

PASSWORD = "correct horse battery"
USERS = {
    "ada": ("admin", None),
    "otto": ("ops", None),
    "mona": ("manager", "rome"),
    "anna": ("analyst", "north"),
}
"""Name to role and scope; all have PASSWORD."""
UNCLEANED = {rule: {"mode": "off"} for rule in CleaningSettings.model_fields}
"""Here one person presses as often and as fast as a test needs it."""


class Website:
    """The hub's pages at `url`. `stop` and `start` are an outage: same port, same data."""

    def __init__(
        self,
        folder: Path,
        seed: dict[str, Any] | None = None,
        users: Iterable[str] = USERS,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self.settings: dict[str, Any] = {}
        """More sections of the hub's configuration, for its next start."""
        self.folder = folder
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._tls = dict(zip(("ssl_certfile", "ssl_keyfile"), map(str, tls), strict=True)) if tls else {}
        self.boxes = {name: Box(name, tp, f"{name.replace('-', ''):a<16}") for name, tp in _devices(seed)}
        self._seed = SEED if seed is None else seed
        self._users = {name: USERS[name] for name in users}
        self._tokens: dict[str, str] | None = None
        self.ending = False
        """Whether it was stopped: pages that are still open then lose their streams."""

    def start(self) -> None:
        """Serve; the first time with the hierarchy and the users."""
        self.ending = False
        settings = {"data_dir": self.folder, "mqtt": {"embedded": False, "port": 1}, "cleaning": UNCLEANED}
        settings |= self.settings
        config = read_settings(settings, HubConfig)
        if not config.database.url:
            lay_down(self.folder / "hub.db")
        self.app: FastAPI = create_app(config)
        self.services: Services = self.app.state.services
        server = uvicorn.Config(
            self.app,
            port=self.port,
            log_level="error",
            timeout_graceful_shutdown=3,
            access_log=False,
            **self._tls,  # type: ignore[arg-type]
        )
        self._server = uvicorn.Server(server)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        wait_until(lambda: self._server.started, "the hub's web server")
        if self._tokens is None:
            self._tokens = self._furnish()

    def stop(self) -> None:
        """As if the hub was updated: streams end, then the server."""
        self.ending = True
        self.services.live.stop()
        self._server.should_exit = True
        self._thread.join()

    def ingest(self, *events: bytes, box: str = "box-1", refused: int = 0) -> None:
        """Hand in events like a device does; returns after the commit."""
        assert self._tokens is not None
        headers = {"Authorization": f"Bearer {self._tokens[box]}"}
        answer = httpx.post(
            f"{self.url}/api/v1/ingest", content=encode_message(list(events)), headers=headers
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["quarantined"] == refused, answer.text

    def press(self, rating: int = 4, box: str = "box-1", **more: Any) -> None:
        """Somebody presses now."""
        self.ingest(self.boxes[box].press(rating, t=now_ms(), **more), box=box)

    def serve(self, people: int, box: str = "box-1") -> None:
        """So many people were served just now."""
        self.ingest(self.boxes[box].contact(people=people, t=now_ms()), box=box)

    def _furnish(self) -> dict[str, str]:
        """The devices' tokens."""
        engine = self.services.engine
        apply_seed(engine, Seed.model_validate(self._seed))
        for name, (role, scope) in self._users.items():
            add_user(engine, name, PASSWORD, role, scope if self._seed else None)
        return {box: create_token(engine, box, "device", box) for box in self.boxes}


@dataclass
class Visitor:
    """Somebody's browser without the browser: cookies and forms over HTTP."""

    client: httpx.Client

    def log_in(self, name: str, password: str = PASSWORD, next: str = "/") -> httpx.Response:
        """Fill in the login form and send it."""
        form = {"name": name, "password": password, "next": next, "csrf_token": self.csrf_token("/login")}
        return self.client.post("/login", data=form)

    def csrf_token(self, path: str) -> str:
        """The form token of a page."""
        found = re.search(r'name="csrf_token" value="(\w+)"', self.client.get(path).text)
        assert found, f"{path} has no form token"
        return found[1]


@contextmanager
def website(
    folder: Path, seed: dict[str, Any] | None = None, users: Iterable[str] = USERS
) -> Iterator[Website]:
    """A running website; an empty seed is a hub that knows no place."""
    site = Website(folder, seed, users)
    site.start()
    try:
        yield site
    finally:
        site.stop()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _devices(seed: dict[str, Any] | None) -> list[tuple[str, str]]:
    devices = (SEED if seed is None else seed).get("device", [])
    return [(device["id"], device["touchpoint"]) for device in devices]
