"""Making a backup of a running hub, and a hub of a backup."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine

from ..config import HubConfig
from ..database import head_revision, migrate, open_database
from ..identity.authority import CERT_FILE, KEY_FILE
from ..identity.revocation import authority_folder, list_file, write_list
from .archive import Manifest, pack, unpacked
from .dumps import SQLITE_FILE, Progress, check, dump, load, name_of_dump
from .errors import BackupFailed, RestoreRefused

CONFIG_FILE = "hub.toml"
AUTHORITY = "ca"


def back_up(
    config: HubConfig, config_file: Path | None, target: Path, now: datetime, progress: Progress
) -> Manifest:
    """Everything that makes this hub this hub, as of now, in `target`; the hub may go on meanwhile."""
    engine = open_database(config.database_url())
    try:
        with tempfile.TemporaryDirectory(prefix="tillsight-backup-", dir=_roomy(target)) as folder:
            copy = Path(folder) / name_of_dump(engine)
            dump(engine, copy, progress)
            parts = {copy.name: copy, **dict(_files(config, config_file))}
            made = Manifest(now.isoformat(timespec="seconds"), version("tillsight"), _revision(engine))
            progress("packing", 0, 1)
            return pack(target, made, parts)
    finally:
        engine.dispose()


def restore(file: Path, config: HubConfig, config_target: Path | None, now: datetime) -> Manifest:
    """A hub at the places that `config` names, which must be empty: database, authority, and its own
    configuration where a place is given for it. The tables are brought to this program's version."""
    engine = open_database(config.database_url())
    try:
        with unpacked(file) as (manifest, folder):
            wanted = name_of_dump(engine)
            if wanted not in manifest.files:
                kinds = ", ".join(sorted(manifest.files))
                raise RestoreRefused(f"{file}: expected {wanted} for this database; it has {kinds}")
            _refuse_to_overwrite(config, manifest, config_target)
            load(engine, folder / wanted)
            _place(manifest, folder, config, config_target)
        migrate(engine)
        if f"{AUTHORITY}/{KEY_FILE}" in manifest.files:
            write_list(engine, config, now)
        return manifest
    finally:
        engine.dispose()


def examine(file: Path) -> Manifest:
    """The manifest of a backup whose parts are all as they should be; RestoreRefused for any other."""
    with unpacked(file) as (manifest, folder):
        if SQLITE_FILE in manifest.files and (problem := check(folder / SQLITE_FILE)):
            raise RestoreRefused(f"{file}: {SQLITE_FILE}: {problem}")
        if manifest.revision > head_revision():
            raise RestoreRefused(
                f"{file}: its tables are of revision {manifest.revision}, newer than this program's"
            )
        return manifest


def _files(config: HubConfig, config_file: Path | None) -> Iterator[tuple[str, Path]]:
    """Name in the backup and path; what a hub does not have is not in its backup."""
    if config_file is not None:
        yield CONFIG_FILE, config_file
    for name in (KEY_FILE, CERT_FILE):
        if (path := authority_folder(config) / name).exists():
            yield f"{AUTHORITY}/{name}", path


def _refuse_to_overwrite(config: HubConfig, manifest: Manifest, config_target: Path | None) -> None:
    targets = [path for name, path in _targets(config, config_target) if name in manifest.files]
    for path in targets:
        if path.exists():
            raise RestoreRefused(f"{path}: there is a file already; restore into an empty place")


def _targets(config: HubConfig, config_target: Path | None) -> Iterator[tuple[str, Path]]:
    for name in (KEY_FILE, CERT_FILE):
        yield f"{AUTHORITY}/{name}", authority_folder(config) / name
    if config_target is not None:
        yield CONFIG_FILE, config_target


def _place(manifest: Manifest, folder: Path, config: HubConfig, config_target: Path | None) -> None:
    for name, path in _targets(config, config_target):
        if name in manifest.files:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copyfile(folder / name, path)
            path.chmod(0o644 if path.name == CERT_FILE else 0o600)
    list_file(config).unlink(missing_ok=True)


def _roomy(target: Path) -> Path:
    """The copy is as large as the database: beside the backup there must be room for that anyway."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.parent


def _revision(engine: Engine) -> str:
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found is None:
        raise BackupFailed(f"{engine.url.render_as_string(hide_password=True)}: there are no tables")
    return found
