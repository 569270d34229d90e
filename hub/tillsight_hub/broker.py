"""The embedded broker: mosquitto where the machine has it, else amqtt, on loopback, kept alive by the hub.

The broker is a child process that outlives no hub: the kernel ends it when its parent dies, even by kill -9.
So it begins as `python -m tillsight_hub.broker`, which asks the kernel for that and becomes the broker.
"""

import asyncio
import ctypes
import importlib.util
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import AddressInUse, BrokerFailed

log = logging.getLogger(__name__)

START_S = 20.0
STOP_S = 10.0
RESTART_S = 0.2
"""Wait before the first restart; doubles up to RESTART_MAX_S while it dies young."""
RESTART_MAX_S = 10.0
STEADY_S = 60.0
"""A broker that lived this long starts again without delay."""

_PR_SET_PDEATHSIG = 1


class EmbeddedBroker:
    """Starts a broker, starts it again when it dies, and ends it."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0, program: str = "auto") -> None:
        self.folder = folder
        """For its messages, its configuration and its log."""
        self.host = host
        self.port = port or free_port(host)
        self.mosquitto = None if program == "amqtt" else find_mosquitto()
        self._needs_mosquitto = program == "mosquitto"
        self._child: subprocess.Popen[bytes] | None = None
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self._supervise, name="tillsight-broker", daemon=True)

    @property
    def name(self) -> str:
        """Which broker it is."""
        return "mosquitto" if self.mosquitto else "amqtt (not for production)"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self) -> None:
        """Return once it accepts connections; AddressInUse or BrokerFailed say why it does not."""
        if not self.mosquitto and (self._needs_mosquitto or not importlib.util.find_spec("amqtt")):
            raise BrokerFailed("no broker: apt-get install mosquitto, or pip install 'tillsight[demo]'")
        self._refuse_taken_port()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._log.write_bytes(b"")
        self._supervisor.start()
        self._settled.wait()
        if not self.running:
            self.stop()
            raise BrokerFailed(f"{self.name} does not start: {self._last_words()}")

    def stop(self) -> None:
        """End it in an orderly way."""
        self._stopping.set()
        if self._supervisor.is_alive():
            self._supervisor.join()

    def _refuse_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise AddressInUse(
                    f"mqtt.port: {self.host}:{self.port}: {error.strerror}; "
                    "if that is a broker, mqtt.embedded = false uses it"
                ) from error

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _supervise(self) -> None:
        """All children are of this one thread: the kernel's promise is about the thread that made them."""
        delay = RESTART_S
        while not self._stopping.is_set():
            began = time.monotonic()
            child = self._child = self._spawn()
            self._await_listening(child)
            self._settled.set()
            while child.poll() is None and not self._stopping.wait(0.2):
                pass
            if child.poll() is not None:
                delay = RESTART_S if time.monotonic() - began > STEADY_S else min(delay * 2, RESTART_MAX_S)
                log.error("broker ended with code %s: %s", child.returncode, self._last_words())
                self._stopping.wait(delay)
            _end(child)

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self.mosquitto:
            config = self.folder / "mosquitto.conf"
            config.write_text(self._mosquitto_config(), encoding="utf-8")
            become = ["mosquitto", str(self.mosquitto), str(config)]
        else:
            become = ["amqtt", self.host, str(self.port)]
        with self._log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", __name__, str(os.getpid()), *become],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the hub, which then stops the broker last
            )

    def _await_listening(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_S
        while child.poll() is None and time.monotonic() < deadline and not self._stopping.is_set():
            if is_listening(self.host, self.port):
                log.info("%s listens on %s:%d", self.name, self.host, self.port)
                return
            time.sleep(0.02)
        _end(child)

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it says nothing")

    def _mosquitto_config(self) -> str:
        lines = [
            f"listener {self.port} {self.host}",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {self.folder.absolute()}/",
            "autosave_interval 60",
            "max_queued_messages 100000",
            "max_inflight_messages 1000",
            "set_tcp_nodelay true",
            "log_dest stdout",
            "log_type error",
            "log_type warning",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # its files lie in the hub's folder, which is closed to others
        return "\n".join(lines) + "\n"


def find_mosquitto() -> Path | None:
    """mosquitto on PATH or where Debian puts it, which is not on everybody's PATH."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which("mosquitto", path=places)
    return Path(found) if found else None


def free_port(host: str) -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


# --- In the child ----------------------------------------------------------------------------------------


def become_broker(arguments: list[str]) -> None:
    """`PARENT mosquitto PROGRAM CONFIG` or `PARENT amqtt HOST PORT`."""
    parent, kind, *rest = arguments
    _die_with(int(parent))
    if kind == "mosquitto":
        program, config = rest
        os.execv(program, [program, "-c", config])  # noqa: S606 - no shell is wanted
    host, port = rest
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(_serve_amqtt(f"{host}:{port}"))


def _die_with(parent: int) -> None:
    """SIGTERM when the parent dies; the parent that died before we asked is noticed too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)


class _Subscriptions(dict[str, Any]):
    """amqtt 0.12 walks its subscriptions while it waits for the network. One who subscribes meanwhile must
    not break the walk: the connection that it is for would stay open, and never be answered again."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().__iter__()))

    def items(self) -> Any:
        return list(super().items())


async def _serve_amqtt(address: str) -> None:
    """Until SIGTERM simply ends it: it keeps nothing, and amqtt's own shutdown hangs now and then."""
    from amqtt.broker import Broker

    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    broker = Broker({"listeners": {"default": {"type": "tcp", "bind": address}}, "plugins": plugins})
    broker._subscriptions = _Subscriptions()
    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    become_broker(sys.argv[1:])
