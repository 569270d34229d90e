"""Packages from npm that tests run, each fetched once into .cache."""

import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from .processes import MissingPart, find_program

CACHE = Path(__file__).parents[2] / ".cache"


def npm_package(name: str, version: str) -> Path:
    """Folder of the package; MissingPart where npm cannot get it.

    A folder that is there is complete, also when two of us install at once.
    """
    place = CACHE / f"{name.rpartition('/')[2]}-{version}"
    if not place.exists():
        _install(f"{name}@{version}", place)
    return place / "node_modules" / name


def _install(package: str, place: Path) -> None:
    npm = find_program("npm", "npm")
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, ignore_cleanup_errors=True) as folder:
        done = subprocess.run(
            [str(npm), "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", package],
            capture_output=True,
            text=True,
            cwd=folder,
            check=False,
        )
        if done.returncode:
            raise MissingPart(f"npm could not install {package}: {done.stderr.strip()[-500:]}")
        with suppress(OSError):  # somebody was quicker
            Path(folder).rename(place)
