"""One machine that is hub, broker and till, as the playbooks make it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .bundles import VERSION, Bundle
from .machines import Machine
from .playbooks import Fleet, Played
from .processes import wait_until

TILL = "till-1"
HIERARCHY = """
[[org]]
id = "acme"
name = "Acme Markets"
[[region]]
id = "lazio"
name = "Lazio"
org = "acme"
[[store]]
id = "rome-1"
name = "Roma Termini"
region = "lazio"
tz = "Europe/Rome"
[[touchpoint]]
id = "rome-1-till-1"
name = "Till 1"
store = "rome-1"
[[device]]
id = "till-1"
touchpoint = "rome-1-till-1"
name = "Box at till 1"
"""
GOOD = """from tillsight_edge.__main__ import main
sys.exit(main())
"""
PROGRAMS = "/opt/tillsight/current/.venv/bin"


class Shop:
    """The machine, and the playbooks for it."""

    def __init__(self, machine: Machine, bundle: Bundle, folder: Path) -> None:
        self.machine = machine
        self.folder = folder
        self.password_file = folder / "admin-password"
        (folder / "seed.toml").write_text(HIERARCHY, encoding="utf-8")
        self.variables: dict[str, object] = {
            "tillsight_bundle": str(bundle.folder),
            "tillsight_version": VERSION,
            "tillsight_hub_host": "127.0.0.1",
            "tillsight_hub_seed": str(folder / "seed.toml"),
            "tillsight_admin_password_file": str(self.password_file),
            "tillsight_org": "acme",
            "tillsight_site": "rome-1",
            "tillsight_touchpoint": "rome-1-till-1",
            "tillsight_device_id": TILL,
            "tillsight_proof_folder": str(folder / "proofs"),
        }
        self._fleet = Fleet(folder / "fleet", {"shop": machine}, self.variables)

    def play(self, playbook: str | Path, *words: str, **more: object) -> Played:
        return self._fleet.play(playbook, *words, hubs="shop", tills="shop", **more)

    def timed(self, playbook: str, **more: object) -> tuple[float, int]:
        """Seconds that it took, and its exit code."""
        begun = time.monotonic()
        code = self.play(playbook, **more).code
        return time.monotonic() - begun, code

    def switch_seconds(self) -> float:
        """From the start of the last switch to its end, as the machine's journal has it."""
        words = ("journalctl", "--no-pager", "-u", "tillsight-switch.service", "-o", "json")
        lines = [json.loads(line) for line in self.machine.run(*words).splitlines()]
        invocation = lines[-1].get("INVOCATION_ID") or lines[-1].get("_SYSTEMD_INVOCATION_ID")
        own = [
            int(line["__REALTIME_TIMESTAMP"])
            for line in lines
            if invocation in (line.get("INVOCATION_ID"), line.get("_SYSTEMD_INVOCATION_ID"))
        ]
        return (max(own) - min(own)) / 1e6

    def is_well(self, before: dict[str, int]) -> bool:
        """Whether the agent is connected, and the hub has stored more than before."""
        said = self.status()
        return bool(said.get("connected")) and said["outbox"]["total"]["acked"] > before["acked"]

    def status(self) -> dict[str, Any]:
        """What the agent says of itself."""
        told = self.machine.run(f"{PROGRAMS}/tillsight-edge", "status", "--json", check=False)
        said: dict[str, Any] = json.loads(told or "{}")
        return said

    def books(self) -> dict[str, int]:
        """Events appended, acknowledged and dropped by the outbox since it exists."""
        books: dict[str, int] = self.status()["outbox"]["total"]
        return books

    def release(self) -> str:
        """The one that runs."""
        return (self.machine.files / "opt/tillsight/current").readlink().name

    def stored(self) -> int:
        """Events of the till that the hub has."""
        ask = "import sqlite3,glob;f=glob.glob('/var/lib/tillsight-hub/*.db')[0];"
        ask += "print(sqlite3.connect(f).execute('select count(*) from event').fetchone()[0])"
        return int(self.machine.run("python3", "-c", ask))

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 60.0) -> float:
        """Seconds that it took."""
        begun = time.monotonic()
        wait_until(condition, what, seconds)
        return time.monotonic() - begun

    def pretend_release(self, version: str, agent: str) -> None:
        """A release that is installed, whose agent runs these lines; all else is the good release's."""
        old, new = f"/opt/tillsight/releases/{VERSION}", f"/opt/tillsight/releases/{version}"
        self.machine.run("mkdir", "-p", f"{new}/.venv/bin")
        self.machine.run("touch", f"{new}/.complete")
        self.machine.run("ln", "-sf", f"{old}/.venv/bin/tillsight-hub", f"{new}/.venv/bin/tillsight-hub")
        program = f"""#!{old}/.venv/bin/python
import sys
if sys.argv[1] == "run":
{"".join(f"    {line}{chr(10)}" for line in agent.splitlines())}
{GOOD}"""
        file = self.machine.files / new[1:] / ".venv" / "bin" / "tillsight-edge"
        file.write_text(program, encoding="utf-8")
        file.chmod(0o755)
