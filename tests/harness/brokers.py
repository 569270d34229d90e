"""A real mosquitto with the settings that Debian ships, on a free loopback port."""

import os
import shutil
from pathlib import Path

from .ports import free_port
from .processes import Process, find_program, listens


class Mosquitto:
    """A broker in a folder of its own. `kill` is kill -9 and keeps its files; `wipe` loses all it knew."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, port: int | None = None) -> None:
        program = find_program("mosquitto", "mosquitto", Path("/usr/sbin"), Path("/usr/local/sbin"))
        self.port = port or free_port()
        self.data = folder / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        config = folder / "mosquitto.conf"
        config.write_text(self._config(), encoding="utf-8")
        self.process = Process([program, "-c", config], folder / "mosquitto.log")

    def start(self) -> None:
        """Start it and wait until it accepts connections."""
        self.process.start()
        self.process.wait_for(lambda: listens(self.port), f"mosquitto on port {self.port}")

    def stop(self) -> None:
        """End it in an orderly way: it writes its messages to disk first."""
        self.process.stop()

    def kill(self) -> None:
        """kill -9: what it had not saved (every 30 minutes, by default) is lost, like in a power cut."""
        self.process.kill()

    def wipe(self) -> None:
        """kill -9 and delete its files, as if the machine was replaced; `start` begins empty."""
        self.kill()
        shutil.rmtree(self.data)
        self.data.mkdir()

    def _config(self) -> str:
        lines = [
            f"listener {self.port} {self.host}",
            "allow_anonymous true",
            "persistence true",
            f"persistence_location {self.data}/",
            "log_dest stdout",
        ]
        if os.geteuid() == 0:
            lines.append("user root")
        return "\n".join(lines) + "\n"
