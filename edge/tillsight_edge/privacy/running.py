"""The processes of a unit that run right now: what rights they have, and what they hold open."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from .finding import Finding
from .probe import process_facts
from .ways import name_space

_NETWORKS = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "packet", "netlink")
_TO_WRITE = os.O_WRONLY | os.O_RDWR


def of_the_unit(part: str, group: str, outside_net: str) -> Iterator[Finding]:
    """Nothing where none runs; `group` is the unit's control group."""
    found = processes(group)
    running = ", ".join(map(str, found)) or "none"
    yield Finding(part, "process", "running processes", "one or more", running, bool(found))
    for process in found:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            yield from process_facts(part, process)
            if part == "eyes":
                yield from _without_ways_out(part, process, outside_net)


def processes(group: str) -> list[int]:
    """Of a control group and those in it."""
    top = Path("/sys/fs/cgroup") / group.lstrip("/")
    found: set[int] = set()
    for file in top.glob("**/cgroup.procs") if group else ():
        with contextlib.suppress(OSError):
            found |= {int(line) for line in file.read_text(encoding="ascii").split()}
    return sorted(found)


def _without_ways_out(part: str, process: int, outside_net: str) -> Iterator[Finding]:
    net = name_space(process, "net")
    apart = net != outside_net
    words = "yes" if apart else "the machine's"
    yield Finding(part, "process", f"a network apart, process {process}", "yes", words, apart)
    limits = Path(f"/proc/{process}/limits").read_text(encoding="ascii").splitlines()
    core = next(line.split()[4:6] for line in limits if line.startswith("Max core file size"))
    found = " ".join(core)
    yield Finding(part, "process", f"what a crash of {process} leaves behind", "0 0", found, found == "0 0")
    files, sockets = _open_for_writing(process), _network_sockets(process)
    said = ", ".join(files) or "none"
    yield Finding(part, "process", f"files to write to, process {process}", "none", said, not files)
    said = ", ".join(sockets) or "none"
    yield Finding(part, "process", f"sockets to networks, process {process}", "none", said, not sockets)


def _open_for_writing(process: int) -> list[str]:
    """Files with a name on a disk; devices, pipes, sockets and memory without a name are none."""
    found = []
    for held_open in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            name = str(held_open.readlink())
            info = Path(f"/proc/{process}/fdinfo/{held_open.name}").read_text(encoding="ascii")
            flags = int(next(line.split()[1] for line in info.splitlines() if line.startswith("flags")), 8)
            if name.startswith("/") and not name.startswith(("/dev/", "/memfd:")) and flags & _TO_WRITE:
                found.append(name)
    return sorted(found)


def _network_sockets(process: int) -> list[str]:
    held = set()
    for held_open in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            name = str(held_open.readlink())
            if name.startswith("socket:["):
                held.add(name[8:-1])
    found = []
    for network in _NETWORKS:
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/{process}/net/{network}").read_text(encoding="ascii").splitlines()[1:]
            if any(held & set(line.split()) for line in lines):
                found.append(network)
    return found
