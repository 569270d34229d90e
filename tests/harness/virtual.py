"""A machine's files in a real virtual machine: a kernel, a clock and a disk of its own.

A container has the clock of the machine that it runs on; here it can be anything at boot, and whoever sets it
sets it. Needs qemu-system-x86. Its processor is a program: /dev/kvm would be quicker, but on a machine that
is virtual itself it may hang.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .machine_packages import with_packages
from .machines import Machine, Root
from .processes import find_program

KERNEL_PACKAGES = ("linux-image-cloud-amd64", "initramfs-tools")
SIZE = "6G"
WORDS = "root=/dev/vda rw console=ttyS0 systemd.log_target=console"


@dataclass(frozen=True)
class Kernel:
    """Debian's, with its modules."""

    layer: Path

    @classmethod
    def cached(cls) -> "Kernel":
        """MissingPart where it cannot be had."""
        find_program("qemu-system-x86_64", "qemu-system-x86")
        return cls(with_packages(Root.cached(), *KERNEL_PACKAGES).above[0])

    def file(self, name: str) -> Path:
        (found,) = self.layer.glob(f"boot/{name}-*")
        return found


@contextlib.contextmanager
def files_of(machine: Machine, kernel: Kernel, work: Path) -> Iterator[Path]:
    """Those of a machine that is off, and the kernel's; changes in them are not the machine's."""
    upper, inner, merged = work / "upper", work / "inner", work / "merged"
    for folder in (upper, inner, merged):
        folder.mkdir(parents=True)
    lower = f"{machine.changes}:{kernel.layer}:{machine.layers}"
    options = f"lowerdir={lower},upperdir={upper},workdir={inner}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, merged], check=True)
    try:
        yield merged
    finally:
        subprocess.run(["umount", "-l", merged], check=False)
        shutil.rmtree(work, ignore_errors=True)


def image_of(folder: Path, file: Path) -> None:
    """A disk with these files, their times among them."""
    file.unlink(missing_ok=True)
    subprocess.run(["truncate", "--size", SIZE, file], check=True)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-F", "-d", folder, file], check=True)


def run(kernel: Kernel, image: Path, *, clock: str, limit_s: float) -> str:
    """What it wrote to its second serial line until it was off; `clock` as in 1970-01-01T00:00:00."""
    console, told = image.with_suffix(".console"), image.with_suffix(".told")
    words: Mapping[str, object] = {
        "-m": "1536",
        "-smp": 2,
        "-kernel": kernel.file("vmlinuz"),
        "-initrd": kernel.file("initrd.img"),
        "-append": WORDS,
        "-drive": f"file={image},format=raw,if=virtio,cache=unsafe",
        "-rtc": f"base={clock},clock=vm",
        "-nic": "none",
        "-display": "none",
    }
    given = [str(word) for pair in words.items() for word in pair]
    serial = ["-serial", f"file:{console}", "-serial", f"file:{told}"]
    try:
        subprocess.run(
            [
                "qemu-system-x86_64",
                "-accel",
                "tcg,thread=multi",
                "-cpu",
                "max",
                *given,
                "-no-reboot",
                *serial,
            ],
            timeout=limit_s,
            check=True,
            capture_output=True,
        )
    except subprocess.SubprocessError as error:
        said = console.read_text(encoding="utf-8", errors="replace") if console.exists() else ""
        raise AssertionError(f"the virtual machine did not end: {error}\n{said[-3000:]}") from error
    return told.read_text(encoding="utf-8")
