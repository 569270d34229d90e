"""Machines with more of Debian's packages on them: installed once for ever, on a layer of its own."""

import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path

from .machines import Root
from .processes import MissingPart

INSTALL_S = 1200.0
NO_SERVICES = "#!/bin/sh\nexit 101\n"
"""What Debian asks before it starts a service: there is no systemd while it is being installed."""


def with_packages(root: Root, *packages: str) -> Root:
    """The same with these installed; MissingPart where Debian's archive cannot be reached."""
    name = sha256(" ".join((root.folder.name, *packages)).encode()).hexdigest()[:12]
    layer = root.folder.with_name(f"layer-packages-{name}")
    if not layer.exists():
        _install(root, layer, packages)
    return Root(root.folder, (layer, *root.above))


def _install(root: Root, layer: Path, packages: tuple[str, ...]) -> None:
    work = Path(tempfile.mkdtemp(prefix=f"{layer.name}.building-", dir=layer.parent))
    upper, merged, inner = work / "upper", work / "merged", work / "inner"
    for folder in (upper, merged, inner):
        folder.mkdir()
    upper.chmod(0o755)
    layers = f"lowerdir={root.layers},upperdir={upper},workdir={inner}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, merged], check=True)
    try:
        _fill(merged, packages)
    finally:
        subprocess.run(["umount", "-l", merged], check=False)
    try:
        upper.rename(layer)
    except OSError:  # somebody else was quicker
        if not layer.exists():
            raise
    shutil.rmtree(work, ignore_errors=True)


def _fill(merged: Path, packages: tuple[str, ...]) -> None:
    policy = merged / "usr" / "sbin" / "policy-rc.d"
    policy.write_text(NO_SERVICES, encoding="ascii")
    policy.chmod(0o755)
    resolver = merged / "etc" / "resolv.conf"
    resolver.unlink(missing_ok=True)
    shutil.copy("/etc/resolv.conf", resolver)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    install = ("apt-get", "-q", "install", "-y", "--no-install-recommends", *packages)
    for words in (("apt-get", "-q", "update"), install, ("apt-get", "clean")):
        done = subprocess.run(
            ["chroot", merged, *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=INSTALL_S,
            check=False,
        )
        if done.returncode != 0:
            raise MissingPart(f"{' '.join(words)}: {done.stderr.strip()[-300:]}")
    policy.unlink()
    shutil.rmtree(merged / "var" / "lib" / "apt" / "lists", ignore_errors=True)
    (merged / "var" / "lib" / "apt" / "lists" / "partial").mkdir(parents=True)
