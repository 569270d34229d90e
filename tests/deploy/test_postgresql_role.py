"""PostgreSQL for the hub: Debian's server by the playbook, on its machine and as if it were elsewhere."""

import secrets
import shutil
from pathlib import Path

import pytest
from tests.conftest import need
from tests.deploy.conftest import say
from tests.harness.bundles import Bundle
from tests.harness.certificates import Authority
from tests.harness.machine_packages import with_packages
from tests.harness.machines import Machine, MachineFailed, Root, booted
from tests.harness.shops import PROGRAMS, Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(900)]

HERE: dict[str, object] = {"tillsight_databases": "hubs", "tillsight_database_install": False}
CONFIG = """data_dir = "/var/lib/tillsight-hub"
[database]
url_file = "/etc/tillsight/hub/database-url"
"""


def hub(machine: Machine, *words: str) -> str:
    """A command of the hub, as its user."""
    return machine.run("runuser", "-u", "tillsight-hub", "--", f"{PROGRAMS}/tillsight-hub", *words)


def make_hub(machine: Machine) -> None:
    machine.run(
        "install", "-d", "-o", "tillsight-hub", "-m", "700", "/var/lib/tillsight-hub", "/var/backups/hub"
    )
    (machine.files / "etc" / "tillsight" / "hub.toml").write_text(CONFIG, encoding="utf-8")


def backed_up(machine: Machine, name: str) -> str:
    """What is in a backup of the hub."""
    hub(machine, "backup", "--out", f"/var/backups/hub/{name}.tar.gz")
    return machine.run("tar", "-tzf", f"/var/backups/hub/{name}.tar.gz")


def test_the_hub_s_database_here_and_elsewhere(with_release: Root, bundle: Bundle, tmp_path: Path) -> None:
    root = need(lambda: with_packages(with_release, "postgresql"))
    with booted("database", root) as machine:
        shop = Shop(machine, bundle, tmp_path, knows_it=True)
        say("database.yml, on the hub's machine")
        play_all(shop, HERE)
        make_hub(machine)
        hub(machine, "user", "add", "ada", "--role", "admin")
        assert "ada" in hub(machine, "user", "list")
        assert "hub.pgdump" in backed_up(machine, "here")
        assert "5432" not in machine.run("ss", "-Hltn")
        say("database.yml, as if the hub were elsewhere: over TLS, with a password")
        elsewhere = over_tls(tmp_path)
        settings = {**HERE, **elsewhere}
        for expected in (True, False):
            played = shop.play("database.yml", **settings)
            assert (played.code, bool(played.changes)) == (0, expected), played.words
        assert "ada" in hub(machine, "user", "list")
        assert "hub.pgdump" in backed_up(machine, "elsewhere")
        wrong = Authority(tmp_path, "somebody-else").file
        shutil.copy(wrong, machine.files / "etc" / "tillsight" / "hub" / "database-ca.pem")
        for words in (("user", "list"), ("backup", "--out", "/var/backups/hub/none.tar.gz")):
            with pytest.raises(MachineFailed, match="certificate verify failed"):
                hub(machine, *words)


def play_all(shop: Shop, settings: dict[str, object]) -> None:
    """With --check, for good, once more, and with --check after that."""
    assert (played := shop.play("database.yml", "--check", **settings)).code == 0, played.words
    assert (played := shop.play("database.yml", **settings)).code == 0, played.words
    assert played.changed
    for again in ((), ("--check",)):
        played = shop.play("database.yml", *again, **settings)
        assert (played.code, played.changes) == (0, []), played.words


def over_tls(folder: Path) -> dict[str, object]:
    """A server that has a certificate for `localhost`, and a password with everything in it."""
    authority = Authority(folder, "databases")
    server = authority.sign("localhost")
    password = folder / "password"
    password.write_text(f"{secrets.token_urlsafe(12)}/'%@: #", encoding="utf-8")
    return {
        "tillsight_database_host": "localhost",
        "tillsight_database_hub": "127.0.0.1/32",
        "tillsight_database_password_file": str(password),
        "tillsight_database_tls": {
            "cert": str(server.file),
            "key": str(server.key),
            "ca": str(authority.file),
        },
    }
