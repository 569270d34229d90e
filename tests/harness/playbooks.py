"""Runs the playbooks against booted machines."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .bundles import ROOT
from .machines import Machine

DEPLOY = ROOT / "deploy"
PLUGINS = Path(__file__).parent / "ansible_plugins"
RECAP = re.compile(r"^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Played:
    """What a run of a playbook did."""

    code: int
    words: str

    @property
    def touched(self) -> set[str]:
        """Machines on which a task was done."""
        return {found[1] for found in RECAP.finditer(self.words) if int(found[2]) or int(found[5])}

    @property
    def changed(self) -> int:
        """On all machines together."""
        return sum(int(found[3]) for found in RECAP.finditer(self.words))

    @property
    def changes(self) -> list[str]:
        """The tasks that changed something."""
        task, found = "", []
        for line in self.words.splitlines():
            if line.startswith(("TASK [", "RUNNING HANDLER [")):
                task = line.split("[", 1)[1].rpartition("]")[0]
            elif line.startswith("changed:") and task not in found:
                found.append(task)
        return found


class Fleet:
    """Machines in an inventory; `own` are variables of single ones. With `knows_them` facts of a machine are
    asked for once, and not with each playbook."""

    def __init__(
        self,
        folder: Path,
        machines: Mapping[str, Machine],
        variables: Mapping[str, object],
        own: Mapping[str, Mapping[str, object]] | None = None,
        *,
        knows_them: bool = False,
    ) -> None:
        self._folder = folder
        self._machines = machines
        self._variables = variables
        self._own = own or {}
        self._knows_them = knows_them
        folder.mkdir(parents=True, exist_ok=True)

    def play(
        self, playbook: str | Path, *words: str, hubs: str = "", tills: str = "", **more: object
    ) -> Played:
        """`hubs` and `tills` are names of machines with spaces between; `more` are extra variables."""
        inventory = self._folder / "inventory.json"
        groups = {"hubs": hubs.split(), "tills": tills.split()}
        children = {
            name: {"hosts": {host: self._host(host) for host in hosts}} for name, hosts in groups.items()
        }
        said = {"all": {"vars": dict(self._variables), "children": children}}
        inventory.write_text(json.dumps(said), encoding="utf-8")
        given = ["--extra-vars", json.dumps(more)] if more else []
        program = Path(sys.executable).parent / "ansible-playbook"
        done = subprocess.run(
            [program, "--inventory", inventory, *words, *given, DEPLOY / playbook],
            cwd=DEPLOY,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        return Played(done.returncode, done.stdout + done.stderr)

    def _host(self, name: str) -> dict[str, object]:
        return {
            "ansible_connection": "machine",
            "ansible_machine_leader": self._machines[name].leader,
            "ansible_become": False,
            **self._own.get(name, {}),
        }

    def _environment(self) -> dict[str, str]:
        own = {
            "ANSIBLE_CONFIG": str(DEPLOY / "ansible.cfg"),
            "ANSIBLE_CONNECTION_PLUGINS": str(PLUGINS / "connection"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCAL_TEMP": str(self._folder / "local"),
            "HOME": str(self._folder),
            "LC_ALL": "C.UTF-8",
        }
        facts = {
            "ANSIBLE_CACHE_PLUGIN": "jsonfile",
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self._folder / "facts"),
        }
        return {**os.environ, **own, **(facts if self._knows_them else {})}
