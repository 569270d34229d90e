"""All that is looked at on a till: attempts from inside both sandboxes, what runs, and what is in force."""

import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from .finding import Finding
from .probe import EYES, Question
from .running import of_the_unit
from .unit_settings import in_force
from .units import UNITS, CannotVerify, probed, shown, started_since
from .ways import name_space

STATE = Path("/var/lib/tillsight")
_SECRETS = ("password_file", "key_file", "token_file")


def verify(config: Path, parts: Collection[str] = tuple(UNITS)) -> Iterator[Finding]:
    """Of these units; CannotVerify where this machine has none, or does not let us look."""
    if os.geteuid() != 0:
        raise CannotVerify("privacy verify: starts a probe as the process that sees: run it as root")
    outside = {name: name_space(1, name) for name in ("net", "ipc", "mnt")}
    secrets = tuple(map(str, _the_agents(config)))
    values = {part: shown(unit) for part, unit in UNITS.items()}
    agent = int(values["agent"].get("MainPID", "0"))
    for part in parts:
        unit = UNITS[part]
        yield from probed(unit, Question(part, secrets, agent, outside))
        yield started_since(unit, values[part])
        yield from of_the_unit(part, values[part].get("ControlGroup", ""), outside["net"])
        yield from in_force(part, values[part])
        if part == EYES:
            yield _swap(values[part].get("ControlGroup", ""))


def _the_agents(config: Path) -> Iterator[Path]:
    """Files and folders that only the agent may read, as this configuration names them."""
    try:
        told = tomllib.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotVerify(f"{config}: {error}") from error
    outbox = Path(str(_section(told, "outbox").get("path", STATE / "outbox.db")))
    yield outbox
    yield from (outbox.with_name(f"{outbox.name}{end}") for end in ("-wal", "-shm"))
    yield STATE / "identity"
    hub = _section(told, "hub")
    yield from (Path(str(hub[name])) for name in _SECRETS if name in hub)


def _section(told: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = told.get(name, {})
    return section if isinstance(section, dict) else {}


def _swap(group: str) -> Finding:
    """What the kernel has in force; a machine may have no swap, or not count it for groups."""
    what = "swap that may take its memory"
    file = Path("/sys/fs/cgroup") / group.lstrip("/") / "memory.swap.max"
    swaps = Path("/proc/swaps").read_text(encoding="utf-8").splitlines()[1:]
    if group and file.exists():
        found = file.read_text(encoding="ascii").strip()
        return Finding(EYES, "process", what, "0", found, found == "0")
    found = "not limited by this kernel" if swaps else "this machine has none"
    return Finding(EYES, "process", what, "0", found, not swaps)
