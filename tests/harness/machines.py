"""Whole machines: Debian with its real systemd, booted in a container, made once and changed by nobody.

`Root` builds the file system with debootstrap, once for ever on this machine. A `Machine` boots it with a
layer of its own on top, which is thrown away at the end. Needs root, debootstrap and systemd-container.
"""

import contextlib
import os
import pty
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from .processes import MissingPart, find_program, wait_until

PACKAGES = (
    *("systemd", "systemd-sysv", "systemd-timesyncd", "dbus", "udev", "kmod", "procps", "iproute2"),
    *("python3", "python3-venv", "ca-certificates", "mosquitto", "nftables", "network-manager"),
    *("openssh-server", "sudo", "libpam-systemd"),
)
RELEASE = "bookworm"
"""Debian 12, as Raspberry Pi OS has it too; trixie is Debian 13."""
BOOT_S = 60.0
BUILD_S = 900.0


class MachineFailed(Exception):
    """A command in the machine did not do what it should; the text has its words."""


@dataclass(frozen=True)
class Root:
    """The file system of a fresh machine."""

    folder: Path
    above: tuple[Path, ...] = ()
    """What was installed on top of it, the newest first."""

    @classmethod
    def cached(cls, release: str = RELEASE, more: Sequence[str] = ()) -> "Root":
        """Built where it is not there yet, with further packages; MissingPart where this machine cannot."""
        if os.geteuid() != 0:
            raise MissingPart("booting machines needs root")
        debootstrap = find_program("debootstrap", "debootstrap", Path("/usr/sbin"))
        find_program("systemd-nspawn", "systemd-container")
        packages = (*PACKAGES, *more)
        name = sha256(" ".join((release, *packages)).encode()).hexdigest()[:12]
        folder = _cache() / f"root-{name}"
        if not (folder / "etc").exists():
            _build(debootstrap, release, packages, folder)
        return cls(folder)

    def with_layer(self, name: str, fill: "Callable[[Machine], None]", at: Path | None = None) -> "Root":
        """The same with what `fill` puts into /opt, which is done once for ever for this name, or lies in a
        folder `at` that the caller removes."""
        layer = at or _cache() / f"layer-{name}"
        if not layer.exists():
            fresh = layer.with_name(f"{layer.name}.building-{os.getpid()}")
            with Machine(self) as machine:
                fill(machine)
                machine.power_off()
                fresh.mkdir()
                subprocess.run(["cp", "-a", machine.changes / "opt", fresh], check=True)
            with contextlib.suppress(OSError):
                fresh.rename(layer)
        return Root(self.folder, (layer, *self.above))

    @property
    def layers(self) -> str:
        """As the overlay wants them."""
        return ":".join(map(str, (*self.above, self.folder)))


class Machine:
    """A booted machine; `with` starts and stops it. What changes in it goes with it."""

    def __init__(self, root: Root, name: str = "till") -> None:
        self._root = root
        self.name = name
        self._work = Path(tempfile.mkdtemp(prefix="tillsight-machine-", dir="/var/tmp"))
        self.files = self._work / "merged"
        """Its file system, from outside."""
        self.changes = self._work / "upper"
        """What it has that its root has not, from outside."""
        self.leader = 0
        """Process id of its systemd, from outside."""
        self._spawn: subprocess.Popen[bytes] | None = None
        self._terminal = -1

    @property
    def layers(self) -> str:
        """Of what its root is made, as the overlay wants them."""
        return self._root.layers

    def __enter__(self) -> "Machine":
        for part in ("upper", "work", "merged"):
            (self._work / part).mkdir()
        layers = f"lowerdir={self._root.layers},upperdir={self.changes},workdir={self._work / 'work'}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.files], check=True)
        try:
            self.boot()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.power_off()
        self._clear()

    def boot(self, *, read_only: bool = False, binds: Sequence[str] = ()) -> None:
        """Start it and wait until its systemd says that it runs; `binds` are `HERE:THERE`, devices too."""
        self._terminal, inside = pty.openpty()
        words = ["systemd-nspawn", "--register=no", "--keep-unit", "--private-network", "--boot"]
        words += ["--console=passive", f"--machine={self.name}", f"--directory={self.files}"]
        words += ["--read-only"] if read_only else []
        words += [f"--bind={each}" for each in binds]
        self._spawn = subprocess.Popen(
            words,
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            start_new_session=True,
        )
        os.close(inside)
        wait_until(self._has_leader, "the machine's systemd", BOOT_S)
        self._await_running()

    def power_off(self) -> None:
        """In an orderly way."""
        if self._spawn is None:
            return
        self._spawn.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._spawn.wait(30)
        self._end()

    def cut_power(self) -> None:
        """Everything ends at once."""
        if self._spawn is not None:
            os.kill(self.leader, signal.SIGKILL)
            self._spawn.wait(30)
        self._end()

    def run(
        self,
        *words: str,
        check: bool = True,
        text: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> str:
        """Standard output of a command in it, as root; MachineFailed with its last words where it fails."""
        done = subprocess.run(
            [*self.enter(), "env", *(f"{k}={v}" for k, v in (environ or {}).items()), *words],
            capture_output=True,
            text=True,
            input=text,
            check=False,
        )
        if check and done.returncode != 0:
            said = (done.stderr or done.stdout).strip()[-2000:]
            raise MachineFailed(f"{' '.join(words)}: code {done.returncode}\n{said}")
        return done.stdout

    def enter(self) -> Sequence[str]:
        """What makes a command one of the machine's."""
        return ("nsenter", f"--target={self.leader}", "--all", "--")

    def journal(self, unit: str, lines: int = 40) -> str:
        """The last words of a unit."""
        return self.run("journalctl", "--no-pager", "-u", unit, "-n", str(lines), check=False)

    def _has_leader(self) -> bool:
        assert self._spawn is not None
        if self._spawn.poll() is not None:
            raise MachineFailed(f"systemd-nspawn ended: {self._words()}")
        for line in _descendants(self._spawn.pid):
            with contextlib.suppress(OSError):
                if Path(f"/proc/{line}/comm").read_text(encoding="ascii").strip() == "systemd":
                    self.leader = line
                    return True
        return False

    def _await_running(self) -> None:
        end = time.monotonic() + BOOT_S
        state = ""
        while time.monotonic() < end:
            with contextlib.suppress(MachineFailed):
                state = self.run("systemctl", "is-system-running", check=False).strip()
            if state in ("running", "degraded"):
                return
            time.sleep(0.1)
        raise MachineFailed(f"the machine does not run after {BOOT_S:g} s, it is {state!r}: {self._words()}")

    def _words(self) -> str:
        os.set_blocking(self._terminal, False)
        with contextlib.suppress(OSError):
            return os.read(self._terminal, 4000).decode(errors="replace")[-1000:]
        return ""

    def _end(self) -> None:
        if self._spawn is not None and self._spawn.poll() is None:
            self._spawn.kill()
            self._spawn.wait()
        self._spawn = None
        if self._terminal >= 0:
            os.close(self._terminal)
            self._terminal = -1

    def _clear(self) -> None:
        self._end()
        subprocess.run(["umount", "-l", self.files], check=False, capture_output=True)
        shutil.rmtree(self._work, ignore_errors=True)


@contextlib.contextmanager
def booted(name: str = "till", root: Root | None = None) -> Iterator[Machine]:
    """A fresh machine, of the bare root where no other is given."""
    with Machine(root or Root.cached(), name) as machine:
        yield machine


@contextlib.contextmanager
def joined(*machines: Machine, network: str = "10.77.0") -> Iterator[None]:
    """A switch with a cable to each machine: the first is .1 on it, the second .2, and so on."""
    switch = f"ts{os.getpid() % 0x100000:x}"
    subprocess.run(["ip", "link", "add", switch, "type", "bridge"], check=True)
    try:
        subprocess.run(["ip", "link", "set", switch, "up"], check=True)
        for number, machine in enumerate(machines, 1):
            _plug_in(machine, switch, f"{network}.{number}/24", number)
        yield
    finally:
        subprocess.run(["ip", "link", "delete", switch], check=False)


def _plug_in(machine: Machine, switch: str, address: str, number: int) -> None:
    here, there = f"{switch}h{number}", f"{switch}m{number}"
    subprocess.run(["ip", "link", "add", here, "type", "veth", "peer", "name", there], check=True)
    subprocess.run(["ip", "link", "set", here, "master", switch, "up"], check=True)
    subprocess.run(["ip", "link", "set", there, "netns", str(machine.leader)], check=True)
    aside = machine.files / "etc" / "NetworkManager" / "conf.d" / "90-cable.conf"
    aside.write_text("[keyfile]\nunmanaged-devices=interface-name:cable0\n", encoding="ascii")
    machine.run("systemctl", "try-restart", "NetworkManager.service")
    machine.run("ip", "link", "set", there, "name", "cable0")
    machine.run("ip", "address", "add", address, "dev", "cable0")
    machine.run("ip", "link", "set", "cable0", "up")


def _descendants(process: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
        for child in map(int, children.split()):
            yield child
            yield from _descendants(child)


def _cache() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    return (Path(chosen) if chosen else Path("/var/cache")) / "tillsight"


def _build(debootstrap: Path, release: str, packages: Sequence[str], folder: Path) -> None:
    fresh = folder.with_name(f"{folder.name}.building")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    included = f"--include={','.join(packages)}"
    words = [str(debootstrap), "--variant=minbase", included, release, str(fresh)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=BUILD_S, check=False)
    if done.returncode != 0:
        raise MissingPart(f"debootstrap: {done.stdout.strip()[-300:]}")
    shutil.rmtree(fresh / "var" / "cache" / "apt" / "archives", ignore_errors=True)
    fresh.rename(folder)
