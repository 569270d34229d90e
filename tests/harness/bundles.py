"""A bundle as `scripts/build_bundle` makes it, and a machine on which it is installed already."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from .machines import Machine, Root

ROOT = Path(__file__).parents[2]
TARGET = "x86_64-cp311"
VERSION = "0.1.0"
RELEASE = f"/opt/tillsight/releases/{VERSION}"
KINDS = ("hub", "device")


@dataclass(frozen=True)
class Bundle:
    """A folder with wheels and requirements, signed with a key of the tests' own."""

    folder: Path

    @classmethod
    def built(cls, folder: Path) -> "Bundle":
        """Of the code as it is; of the folder that $TILLSIGHT_BUNDLE names a copy is taken, and signed."""
        if given := os.environ.get("TILLSIGHT_BUNDLE"):
            shutil.copytree(given, folder)
            sign(folder, folder.parent)
            return cls(folder)
        words = [sys.executable, str(ROOT / "scripts" / "build_bundle"), "--out", str(folder)]
        subprocess.run([*words, "--machines", "x86_64"], check=True)
        sign(folder, folder.parent)
        return cls(folder)

    @property
    def key(self) -> Path:
        """What `tillsight_release_key` names."""
        return self.folder.parent / "release-key.pub.pem"

    def requirements(self, kind: str) -> Path:
        return self.folder / f"requirements-{kind}-{TARGET}.txt"

    @property
    def own(self) -> Path:
        """Tillsight's wheel."""
        (found,) = self.folder.glob("wheels/tillsight-*.whl")
        return found

    def foreign(self) -> str:
        """What else is needed; it changes seldom."""
        texts = [self.requirements(kind).read_text(encoding="ascii") for kind in KINDS]
        return "\n".join(line for text in texts for line in text.splitlines() if "tillsight[" not in line)


def sign(folder: Path, keys: Path) -> None:
    """With the key in `keys`, which is made where there is none."""
    key, words = keys / "release-key.pem", [sys.executable, str(ROOT / "scripts" / "sign_bundle")]
    if not key.exists():
        subprocess.run([*words, "new-key", "--out", str(key)], check=True, capture_output=True)
    subprocess.run([*words, "sign", "--key", str(key), str(folder)], check=True, capture_output=True)


def sums_of(folder: Path) -> None:
    """As `scripts/build_bundle` writes them."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "SHA256SUMS" not in path.name)
    lines = [f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def installed(bundle: Bundle) -> Root:
    """A machine on which all that the bundle brings is installed, but for our own wheel: kept, since
    it takes minutes."""
    name = sha256(bundle.foreign().encode()).hexdigest()[:12]
    return Root.cached().with_layer(name, lambda machine: _install(machine, bundle))


def with_own(bundle: Bundle, folder: Path) -> Root:
    """The same with Tillsight as it is now, as a layer in this folder: it changes with each line."""
    return installed(bundle).with_layer("own", lambda machine: _add_own(machine, bundle), folder)


def _add_own(machine: Machine, bundle: Bundle) -> None:
    shutil.copy(bundle.own, machine.files / "opt" / bundle.own.name)
    words = ("-q", "--no-deps", "--no-index", "--force-reinstall", "--no-compile")
    machine.run(f"{RELEASE}/.venv/bin/pip", "install", *words, f"/opt/{bundle.own.name}")
    machine.run("touch", f"{RELEASE}/.complete")
    machine.run("ln", "-sfn", f"releases/{VERSION}", "/opt/tillsight/current")


def _install(machine: Machine, bundle: Bundle) -> None:
    folder = machine.files / "opt" / "bundle"
    shutil.copytree(bundle.folder, folder)
    machine.run("python3", "-m", "venv", f"{RELEASE}/.venv")
    words = ("-q", "--no-index", "--require-hashes", "--find-links", "/opt/bundle/wheels")
    for kind in KINDS:
        text = bundle.requirements(kind).read_text(encoding="ascii")
        kept = "\n".join(line for line in text.splitlines() if "tillsight[" not in line)
        (folder / f"{kind}.txt").write_text(kept, encoding="ascii")
    files = [word for kind in KINDS for word in ("-r", f"/opt/bundle/{kind}.txt")]
    machine.run(f"{RELEASE}/.venv/bin/pip", "install", *words, *files)
    shutil.rmtree(folder)
