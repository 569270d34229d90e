"""Backups with a date in their name, of which the newest are kept."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

SUFFIX = ".tar.gz"


def dated(file: Path, now: datetime) -> Path:
    """`hub.tar.gz` as `hub-20261122T033000Z.tar.gz`."""
    return file.with_name(f"{_stem(file)}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}")


def forget_older(file: Path, keep: int) -> Iterator[Path]:
    """Remove all dated ones but the newest `keep`; each one that went."""
    pattern = f"{_stem(file)}-[0-9]*T[0-9]*Z{SUFFIX}"
    for old in sorted(file.parent.glob(pattern), reverse=True)[max(1, keep) :]:
        old.unlink()
        yield old


def _stem(file: Path) -> str:
    return file.name.removesuffix(SUFFIX)
