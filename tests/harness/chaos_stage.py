"""The stage: a broker, a hub and edges, each a process that can be killed and started again alone."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from tillsight_hub.database import open_database

from .brokers import Mosquitto
from .chaos_books import OutboxState, Witness
from .ports import free_port
from .processes import Process, listens, wait_until

ROOT = Path(__file__).parents[2]
ORG, STORE = "acme", "mill-street"


class Broker(Protocol):
    """What the stage needs of a broker."""

    port: int
    process: Process

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Amqtt:
    """amqtt as the hub starts it, but a child of ours; it keeps nothing over a kill."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        argv = [sys.executable, "-m", "tillsight_hub.broker", str(os.getpid()), "amqtt", "127.0.0.1"]
        self.process = Process([*argv, str(self.port)], folder / "amqtt.log")

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.process.start()
        self.process.wait_for(lambda: listens(self.port), f"amqtt on port {self.port}")

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()


def start_broker(kind: str, folder: Path) -> Broker:
    """A new broker of this kind, not yet started."""
    return Amqtt(folder) if kind == "amqtt" else Mosquitto(folder)


class Hub:
    """`tillsight-hub run` with a seed of `devices`, each at a touchpoint of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        mqtt_port: int,
        database_url: str | None,
        devices: Sequence[str],
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.database_url = database_url or f"sqlite:///{folder / 'data' / 'hub.db'}"
        (folder / "seed.toml").write_text(_seed(devices), encoding="utf-8")
        (folder / "hub.toml").write_text(self._config(mqtt_port), encoding="utf-8")
        self.process = self._process({})

    def start(self, env: Mapping[str, str] | None = None) -> None:
        """Start it without waiting; `env` is added to its environment for this start only."""
        self.process = self._process(env or {})
        self.process.start()

    def wait_ready(self) -> None:
        """Wait until it answers over HTTP."""
        self.process.wait_for(self._answers, "the hub")

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> None:
        self.process.stop()

    def open(self) -> Engine:
        """Its database, for looking into."""
        return open_database(self.database_url)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def new_token(self, role: str, *scope: str) -> str:
        """A token for the API, by the command line."""
        words = ["token", "add", "chaos", "--role", role, *(f"--scope={id}" for id in scope)]
        program = Path(sys.executable).with_name("tillsight-hub")
        done = subprocess.run(
            [program, "--config", self.folder / "hub.toml", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    @property
    def log(self) -> str:
        return self.process.output()

    def _process(self, env: Mapping[str, str]) -> Process:
        program = Path(sys.executable).with_name("tillsight-hub")
        argv: list[str | Path] = [program, "run", "--config", self.folder / "hub.toml"]
        return Process(argv, self.folder / "hub.log", env=env, cwd=self.folder)

    def _answers(self) -> bool:
        with suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{self.url}/healthz", timeout=2).close()
            return True
        return False

    def _config(self, mqtt_port: int) -> str:
        return "\n".join(
            [
                'data_dir = "data"',
                'seed = "seed.toml"',
                "[database]",
                f'url = "{self.database_url}"',
                "[mqtt]",
                "embedded = false",
                f"port = {mqtt_port}",
                "[web]",
                f"port = {self.port}",
                "",
            ]
        )


class Edge:
    """One device: the real agent under a program that presses and keeps a ledger."""

    def __init__(
        self,
        folder: Path,
        device: str,
        *,
        mqtt_port: int,
        rate: float,
        presses: int = 0,
        max_events: int = 1_000_000,
        boot: str = "",
        url: str = "",
    ) -> None:
        """`presses` 0: without end; `rate` 0: as fast as the disk lets it; `boot` "": this machine's.

        With the hub's `url` it sends over HTTP, with the token in the file `token`.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.device = device
        self.boot = boot
        self.outbox = folder / f"{device}.outbox"
        self.ledger = folder / f"{device}.ledger"
        self.token = folder / f"{device}.token"
        self.quiet = folder / "quiet"
        """A file: while it exists no edge of this folder presses."""
        options: dict[str, object] = {
            "device": device,
            "outbox": self.outbox,
            "ledger": self.ledger,
            "quiet": self.quiet,
            "port": mqtt_port,
            "rate": rate,
            "presses": presses,
            "max-events": max_events,
            "boot": boot,
            "url": url,
            "token": self.token,
        }
        words = [f"--{name}={value}" for name, value in options.items()]
        argv: list[str | Path] = [sys.executable, "-m", "tests.harness.chaos_edge", *words]
        self.process = Process(argv, folder / f"{device}.log", cwd=ROOT)

    def start(self) -> None:
        self.process.start()

    def kill(self) -> None:
        self.process.kill()

    def stop(self) -> None:
        self.process.stop()

    @property
    def witness(self) -> Witness:
        return Witness(self.ledger, self.outbox)

    @property
    def left(self) -> int | None:
        """Events in the outbox; None while there is no outbox."""
        return OutboxState.read(self.outbox).left if self.outbox.exists() else None


def hush(edges: Iterable[Edge]) -> None:
    """No more presses; what is in the outboxes is still sent."""
    for edge in edges:
        edge.quiet.touch()


def wait_drained(edges: Sequence[Edge], seconds: float) -> None:
    """Wait until no outbox holds anything; AssertionError names those that do."""
    try:
        wait_until(lambda: all(edge.left == 0 for edge in edges), "empty outboxes", seconds)
    except AssertionError:
        left = {edge.device: edge.left for edge in edges}
        raise AssertionError(f"after {seconds:g} s the outboxes still hold {left}") from None


def touchpoint_of(device: str) -> str:
    """The touchpoint at which the seed puts a device."""
    return f"{device}-desk"


def _seed(devices: Sequence[str]) -> str:
    lines = [
        *("[[org]]", f'id = "{ORG}"', 'name = "Acme"'),
        *("[[region]]", 'id = "north"', 'name = "North"', f'org = "{ORG}"'),
        *("[[store]]", f'id = "{STORE}"', 'name = "Mill Street"', 'region = "north"', 'tz = "Europe/Berlin"'),
    ]
    for device in devices:
        lines += [
            *(
                "[[touchpoint]]",
                f'id = "{touchpoint_of(device)}"',
                f'name = "{device}"',
                f'store = "{STORE}"',
            ),
            *("[[device]]", f'id = "{device}"', f'touchpoint = "{touchpoint_of(device)}"'),
        ]
    return "\n".join(lines) + "\n"
