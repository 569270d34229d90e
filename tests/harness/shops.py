"""Shops as the playbooks make them: hub, broker and till on one machine, or each on its own."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bundles import VERSION, Bundle
from .machines import Machine
from .playbooks import Fleet, Played
from .processes import wait_until

TILL = "till-1"
TILLS = [f"till-{number}" for number in range(1, 6)]
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
"""
PLACE = """
[[touchpoint]]
id = "rome-1-{till}"
name = "{till}"
store = "rome-1"
[[device]]
id = "{till}"
touchpoint = "rome-1-{till}"
name = "Box at {till}"
"""
GOOD = """from tillsight_edge.__main__ import main
sys.exit(main())
"""
PROGRAMS = "/opt/tillsight/current/.venv/bin"
TALKATIVE = {"health": {"report_s": 1.0, "heartbeat_s": 1.0}}
"""So often a till has something to say that a silence is noticed."""


def shop_variables(bundle: Bundle, folder: Path) -> dict[str, object]:
    """Of all machines of a shop; what is handed out, and the hierarchy, lies in the folder."""
    places = "".join(PLACE.format(till=till) for till in TILLS)
    (folder / "seed.toml").write_text(HIERARCHY + places, encoding="utf-8")
    return {
        "tillsight_bundle": str(bundle.folder),
        "tillsight_release_key": str(bundle.key),
        "tillsight_version": VERSION,
        "tillsight_hub_host": "127.0.0.1",
        "tillsight_hub_seed": str(folder / "seed.toml"),
        "tillsight_admin_password_file": str(folder / "admin-password"),
        "tillsight_org": "acme",
        "tillsight_site": "rome-1",
        "tillsight_proof_folder": str(folder / "proofs"),
        "tillsight_device_settings": TALKATIVE,
    }


def till_variables(till: str) -> dict[str, object]:
    """Of one till."""
    return {"tillsight_device_id": till, "tillsight_touchpoint": f"rome-1-{till}"}


class Box:
    """A machine of a shop, and what can be asked of it."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def status(self) -> dict[str, Any]:
        """What the agent says of itself."""
        told = self.machine.run(f"{PROGRAMS}/tillsight-edge", "status", "--json", check=False)
        said: dict[str, Any] = json.loads(told or "{}")
        return said

    def books(self) -> dict[str, int]:
        """Events appended, acknowledged and dropped by the outbox since it exists."""
        books: dict[str, int] = self.status()["outbox"]["total"]
        return books

    def is_well(self, before: dict[str, int]) -> bool:
        """Whether the agent is connected, and the hub has stored more than before."""
        said = self.status()
        return bool(said.get("connected")) and said["outbox"]["total"]["acked"] > before["acked"]

    def release(self) -> str:
        """The one that runs."""
        return (self.machine.files / "opt/tillsight/current").readlink().name

    def asked(self, question: str) -> int:
        """A number from the hub's database."""
        ask = "import sqlite3,glob,sys;f=glob.glob('/var/lib/tillsight-hub/*.db')[0];"
        ask += "print(sqlite3.connect(f).execute(sys.argv[1]).fetchone()[0] or 0)"
        return int(self.machine.run("python3", "-c", ask, question))

    def stored(self, device: str = TILL) -> int:
        """Events of the till that this hub has."""
        return self.asked(f"select count(*) from event where dev = '{device}'")

    def until(self, condition: Callable[[], bool], what: str, seconds: float = 60.0) -> float:
        """Seconds that it took."""
        begun = time.monotonic()
        wait_until(condition, what, seconds)
        return time.monotonic() - begun

    def switch_seconds(self) -> float:
        """From the start of the last switch to its end, as the machine's journal has it."""
        words = ("journalctl", "--no-pager", "-u", "tillsight-switch-*", "-o", "json")
        lines = [json.loads(line) for line in self.machine.run(*words).splitlines()]
        invocation = lines[-1].get("INVOCATION_ID") or lines[-1].get("_SYSTEMD_INVOCATION_ID")
        own = [
            int(line["__REALTIME_TIMESTAMP"])
            for line in lines
            if invocation in (line.get("INVOCATION_ID"), line.get("_SYSTEMD_INVOCATION_ID"))
        ]
        return (max(own) - min(own)) / 1e6

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


@dataclass(frozen=True)
class Setup:
    """How long it took from a bare machine on, in seconds."""

    check_s: float
    play_s: float
    event_s: float
    """From the start of the one call to the first event on the hub."""


class Shop(Box):
    """One machine that is hub, broker and till, and the playbooks for it."""

    def __init__(self, machine: Machine, bundle: Bundle, folder: Path, *, knows_it: bool = False) -> None:
        super().__init__(machine)
        self.folder = folder
        self.password_file = folder / "admin-password"
        self.setup: Setup | None = None
        variables = {**shop_variables(bundle, folder), **till_variables(TILL)}
        self._fleet = Fleet(folder / "fleet", {"shop": machine}, variables, knows_them=knows_it)

    def play(self, playbook: str | Path, *words: str, **more: object) -> Played:
        return self._fleet.play(playbook, *words, hubs="shop", tills="shop", **more)

    def timed(self, playbook: str, *words: str, **more: object) -> tuple[float, Played]:
        """Seconds that it took, and what it did."""
        begun = time.monotonic()
        played = self.play(playbook, *words, **more)
        return time.monotonic() - begun, played
