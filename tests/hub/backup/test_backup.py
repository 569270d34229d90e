"""Backup of a hub that goes on meanwhile, and a hub out of it: on both databases."""

import json
import sqlite3
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, select
from tests.harness.databases import PostgreSQL
from tests.harness.ingesting import seeded
from tests.harness.websites import now_ms, website

from tillsight_hub.__main__ import main
from tillsight_hub.access import create_token
from tillsight_hub.backup import dumps
from tillsight_hub.backup.archive import Manifest, pack, unpacked
from tillsight_hub.backup.backup import back_up, examine, restore
from tillsight_hub.backup.errors import BackupFailed, RestoreRefused
from tillsight_hub.backup.keeping import dated, forget_older
from tillsight_hub.config import HubConfig
from tillsight_hub.database import open_database
from tillsight_hub.identity.authority import Authority
from tillsight_hub.tables import touchpoint
from tillsight_models.configuration import read_settings

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


def quiet(_: str, __: int, ___: int) -> None:
    """Progress that nobody watches."""


def hub_at(folder: Path, url: str | None = None) -> HubConfig:
    database = {"url": url} if url else {}
    return read_settings({"data_dir": str(folder), "database": database}, HubConfig)


def places(config: HubConfig) -> list[str]:
    engine = open_database(config.database_url())
    with engine.connect() as connection:
        found = list(connection.scalars(select(touchpoint.c.id).order_by(touchpoint.c.id)))
    engine.dispose()
    return found


@pytest.fixture
def old(tmp_path: Path) -> HubConfig:
    """A hub with a database, an authority and a configuration file."""
    folder = tmp_path / "old"
    seeded(f"sqlite:///{folder / 'hub.db'}").dispose()
    Authority.create(folder / "ca", "Tillsight test", NOW)
    (folder / "hub.toml").write_text("[web]\nport = 8081\n", encoding="utf-8")
    return hub_at(folder)


def backed_up(config: HubConfig, tmp_path: Path) -> Path:
    target = tmp_path / "backups" / "hub.tar.gz"
    back_up(config, config.data_dir / "hub.toml", target, NOW, quiet)
    return target


def test_a_hub_rises_again_elsewhere(old: HubConfig, tmp_path: Path) -> None:
    file = backed_up(old, tmp_path)
    new = hub_at(tmp_path / "new")
    manifest = restore(file, new, tmp_path / "new" / "hub.toml", NOW)
    assert places(new) == places(old) != []
    assert Authority.open(new.data_dir / "ca").fingerprint == Authority.open(old.data_dir / "ca").fingerprint
    assert (new.data_dir / "hub.toml").read_text() == "[web]\nport = 8081\n"
    assert (new.data_dir / "ca" / "crl.pem").exists()
    assert set(manifest.files) == {"hub.db", "hub.toml", "ca/ca.key", "ca/ca.pem"}
    for secret in (file, new.data_dir / "hub.db", new.data_dir / "ca" / "ca.key"):
        assert secret.stat().st_mode & 0o077 == 0, secret


@pytest.mark.postgresql
def test_a_hub_on_postgresql_rises_again(postgresql_server: PostgreSQL, tmp_path: Path) -> None:
    with postgresql_server.fresh_database() as old_url, postgresql_server.fresh_database() as new_url:
        seeded(old_url).dispose()
        old, new = hub_at(tmp_path / "old", old_url), hub_at(tmp_path / "new", new_url)
        file = tmp_path / "hub.tar.gz"
        back_up(old, None, file, NOW, quiet)
        restore(file, new, None, NOW)
        assert places(new) == places(old) != []
        with pytest.raises(RestoreRefused, match="tables already"):
            restore(file, new, None, NOW)
        with pytest.raises(RestoreRefused, match=r"expected hub\.db"):
            restore(file, hub_at(tmp_path / "other"), None, NOW)


def test_nothing_that_is_there_is_written_over(old: HubConfig, tmp_path: Path) -> None:
    file = backed_up(old, tmp_path)
    with pytest.raises(RestoreRefused, match="already"):
        restore(file, old, None, NOW)
    elsewhere = hub_at(tmp_path / "new")
    Authority.create(elsewhere.data_dir / "ca", "Another", NOW)
    before = Authority.open(elsewhere.data_dir / "ca").fingerprint
    with pytest.raises(RestoreRefused, match=r"ca\.key: there is a file already"):
        restore(file, elsewhere, None, NOW)
    assert Authority.open(elsewhere.data_dir / "ca").fingerprint == before
    assert not (elsewhere.data_dir / "hub.db").exists()


@pytest.fixture
def busy(old: HubConfig) -> Iterator[Engine]:
    """Its database, into which somebody writes without pause."""
    engine = open_database(old.database_url())
    stopping, started = threading.Event(), threading.Event()

    def write() -> None:
        with sqlite3.connect(old.data_dir / "hub.db", timeout=30) as connection:
            number = 0
            while not stopping.is_set():
                number += 1
                connection.execute("INSERT INTO setting VALUES (?, ?)", (f"n{number}", "x" * 500))
                connection.commit()
                started.set()

    writer = threading.Thread(target=write)
    writer.start()
    started.wait(60)
    yield engine
    stopping.set()
    writer.join()
    engine.dispose()


def test_a_busy_hub_is_backed_up_as_of_one_moment(
    old: HubConfig, busy: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one page at a time there are many commits between the first page and the last."""
    monkeypatch.setattr(dumps, "PAGES_AT_ONCE", 1)
    file = backed_up(old, tmp_path)
    assert examine(file).files
    with unpacked(file) as (_, folder), sqlite3.connect(folder / "hub.db") as copy:
        numbers = [int(key[1:]) for (key,) in copy.execute("SELECT key FROM setting WHERE key LIKE 'n%'")]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("where", [0.3, 0.7, 0.99])
def test_a_damaged_file_restores_nothing(old: HubConfig, tmp_path: Path, where: float) -> None:
    file = backed_up(old, tmp_path)
    content = bytearray(file.read_bytes())
    at = int(len(content) * where)
    content[at] ^= 0xFF
    file.write_bytes(content)
    with pytest.raises(RestoreRefused, match=r"hub\.tar\.gz"):
        restore(file, hub_at(tmp_path / "new"), None, NOW)
    assert not (tmp_path / "new" / "hub.db").exists()


def test_a_cut_file_and_something_else_are_no_backup(old: HubConfig, tmp_path: Path) -> None:
    file = backed_up(old, tmp_path)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(RestoreRefused):
        examine(file)
    file.write_text("hello", encoding="utf-8")
    with pytest.raises(RestoreRefused, match="gzip"):
        examine(file)
    with pytest.raises(RestoreRefused, match="No such file"):
        examine(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "ca/../../evil", "deep/er/evil"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "evil").write_text("x", encoding="utf-8")
    file = tmp_path / "evil.tar.gz"
    pack(file, Manifest("now", "1", "0001"), {name: tmp_path / "evil"})
    with pytest.raises(RestoreRefused, match="no backup has"):
        examine(file)


def test_a_link_in_the_file_is_not_followed(tmp_path: Path) -> None:
    file = tmp_path / "link.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        text = tmp_path / "manifest.json"
        manifest = {"made": "now", "version": "1", "revision": "0001", "files": {"hub.db": "0" * 64}}
        text.write_text(json.dumps(manifest), encoding="utf-8")
        archive.add(text, "manifest.json")
        link = tarfile.TarInfo("hub.db")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(RestoreRefused, match=r"hub\.db is missing"):
        examine(file)


def test_a_backup_of_a_newer_program_is_refused(old: HubConfig, tmp_path: Path) -> None:
    file = tmp_path / "newer.tar.gz"
    pack(file, Manifest("now", "99", "9999"), {"hub.db": old.data_dir / "hub.db"})
    with pytest.raises(RestoreRefused, match="newer than this program"):
        examine(file)


def test_the_last_backup_stays_where_a_new_one_fails(old: HubConfig, tmp_path: Path) -> None:
    file = backed_up(old, tmp_path)
    before = file.read_bytes()
    with pytest.raises(BackupFailed, match="there is no database"):
        back_up(hub_at(tmp_path / "empty"), None, file, NOW, quiet)
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_newest_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "hub.tar.gz"
    for day in (1, 2, 3, 4):
        dated(file, NOW.replace(day=day)).touch()
    (tmp_path / "hub-mine.tar.gz").touch()
    assert [gone.name for gone in forget_older(file, 2)] == [
        "hub-20261102T033000Z.tar.gz",
        "hub-20261101T033000Z.tar.gz",
    ]
    assert len([*tmp_path.iterdir()]) == 3


def test_a_restored_hub_asks_for_what_came_after_the_backup(tmp_path: Path) -> None:
    """Who has it no more says so, and the scores of that time are incomplete instead of silently lower."""
    with website(tmp_path / "old", users=()) as site:
        for _ in range(5):
            site.press()
        file = tmp_path / "hub.tar.gz"
        back_up(site.services.config, None, file, NOW, quiet)
        for _ in range(5):
            site.press()
        boxes = site.boxes
    restore(file, hub_at(tmp_path / "new"), None, NOW)
    with website(tmp_path / "new", users=()) as site:
        token = create_token(site.services.engine, "box", "device", "box-1")
        late = boxes["box-1"].press(4, t=now_ms())
        answer = httpx.post(
            f"{site.url}/api/v1/ingest", content=late, headers={"Authorization": f"Bearer {token}"}
        )
    ack = answer.json()["acks"][0]
    assert (ack["upto"], ack["missing"]) == (5, [[6, 10]])


def test_the_commands_tell_it_in_a_line(
    old: HubConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hub.tar.gz"
    data = ("--data-dir", str(old.data_dir))
    assert main(["backup", *data, "--out", str(file), "--keep", "1"]) == 0
    made = next(tmp_path.glob("hub-*.tar.gz"))
    assert f"{made}: hub.db, ca/ca.key, ca/ca.pem" in capsys.readouterr().out
    assert main(["restore", "--check", str(made)]) == 0
    assert "whole" in capsys.readouterr().out
    assert main(["restore", "--data-dir", str(tmp_path / "new"), str(made)]) == 0
    assert main(["restore", "--data-dir", str(tmp_path / "new"), str(made)]) == 1
    assert "restore into an empty place" in capsys.readouterr().err
