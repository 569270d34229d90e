"""The backup file: a compressed tar whose first member says what the others must be."""

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .errors import BackupFailed, RestoreRefused

MANIFEST = "manifest.json"
FORMAT = 1
_LARGEST_MANIFEST = 1_000_000


@dataclass(frozen=True)
class Manifest:
    """What is in the file, and of which hub."""

    made: str
    """ISO 8601, UTC."""
    version: str
    """Of the program that made it."""
    revision: str
    """Of the database's tables."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Name to SHA-256 in hexadecimal."""
    format: int = FORMAT


def pack(target: Path, manifest: Manifest, parts: Mapping[str, Path]) -> Manifest:
    """Write the file, readable for its owner alone, in one step: the one before stays until the new one is on
    disk. Returns the manifest with the sums of the parts."""
    sums = {name: sum_of(path) for name, path in parts.items()}
    complete = Manifest(manifest.made, manifest.version, manifest.revision, sums)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.writing")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as output:
            with tarfile.open(fileobj=output, mode="w:gz", compresslevel=6) as archive:
                _add_text(archive, MANIFEST, json.dumps(asdict(complete), indent=1).encode())
                for name, path in parts.items():
                    archive.add(path, name, recursive=False)
            output.flush()
            os.fsync(output.fileno())
        fresh.replace(target)
    except OSError as error:
        raise BackupFailed(f"{error.filename or target}: {error.strerror or error}") from error
    finally:
        fresh.unlink(missing_ok=True)
    return complete


@contextmanager
def unpacked(file: Path) -> Iterator[tuple[Manifest, Path]]:
    """The manifest and a folder with the parts, each as the manifest says; RestoreRefused for anything else.

    Only the names of the manifest are taken out, as plain files: what else a tar can hold is left in it.
    """
    with tempfile.TemporaryDirectory(prefix="tillsight-restore-") as folder:
        try:
            with tarfile.open(file, "r:gz") as archive:
                manifest = _manifest(archive, file)
                for name, sum in manifest.files.items():
                    _take(archive, name, sum, Path(folder), file)
        except (OSError, EOFError, tarfile.TarError) as error:
            raise RestoreRefused(f"{file}: {getattr(error, 'strerror', None) or error}") from error
        yield manifest, Path(folder)


def sum_of(file: Path) -> str:
    """SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _manifest(archive: tarfile.TarFile, file: Path) -> Manifest:
    first = archive.next()
    content = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
    if content is None or first is None or first.size > _LARGEST_MANIFEST:
        raise RestoreRefused(f"{file}: expected a backup of a hub, which begins with {MANIFEST}")
    try:
        manifest = Manifest(**json.loads(content.read()))
    except (ValueError, TypeError) as error:
        raise RestoreRefused(f"{file}: {MANIFEST}: {error}") from error
    if manifest.format != FORMAT:
        raise RestoreRefused(f"{file}: format {manifest.format}: this program knows {FORMAT}")
    return manifest


def _take(archive: tarfile.TarFile, name: str, sum: str, folder: Path, file: Path) -> None:
    target = folder / name
    if target.resolve().parent not in (folder.resolve(), (folder / "ca").resolve()):
        raise RestoreRefused(f"{file}: {name}: a name that no backup has")
    try:
        content = archive.extractfile(name)
    except KeyError:
        content = None
    if content is None:
        raise RestoreRefused(f"{file}: {name} is missing")
    target.parent.mkdir(exist_ok=True, mode=0o700)
    with content, target.open("wb") as output:
        while piece := content.read(1 << 20):
            output.write(piece)
    if sum_of(target) != sum:
        raise RestoreRefused(f"{file}: {name} is damaged: its sum is not what the backup says")


def _add_text(archive: tarfile.TarFile, name: str, text: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text), 0o600
    archive.addfile(member, io.BytesIO(text))
