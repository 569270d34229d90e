"""`tillsight-hub ca` and `tillsight-hub device`, and what devices ask over HTTPS."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from sqlalchemy import Engine, insert
from tests.harness.guarded_broker import GuardedBroker, Refused, now, visiting
from tests.harness.identities import Identity
from tests.harness.ingesting import SEED
from tests.harness.schemas import with_tables
from tests.harness.websites import Website, website

from tillsight_hub.__main__ import main
from tillsight_hub.access import create_token
from tillsight_hub.access.tokens import find_token
from tillsight_hub.config import HubConfig, load_config
from tillsight_hub.database import open_database
from tillsight_hub.identity.authority import Authority
from tillsight_hub.identity.broker_files import HUB_NAME
from tillsight_hub.identity.enrolment import Code, allow
from tillsight_hub.identity.revocation import days_left, silence, write_list
from tillsight_hub.seed import Seed, apply_seed
from tillsight_hub.tables import certificate, fleet_alarm
from tillsight_models.configuration import read_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A hub's data directory with the small chain in its database."""
    engine = with_tables(f"sqlite:///{tmp_path / 'hub.db'}")
    apply_seed(engine, Seed.model_validate(SEED))
    engine.dispose()
    return tmp_path


def run(folder: Path, *words: str) -> int:
    return main([words[0], "--data-dir", str(folder), *words[1:]])


def test_an_operator_makes_the_authority_and_what_the_broker_needs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "ca", "init", "--name", "Acme") == 0
    fingerprint = capsys.readouterr().out.strip()
    assert Authority.open(folder / "ca").fingerprint == fingerprint
    assert run(folder, "ca", "server", "broker.example", "192.0.2.7", "--out", str(folder / "b")) == 0
    assert run(folder, "ca", "hub", "--out", str(folder / "h")) == 0
    made = x509.load_pem_x509_certificate((folder / "h" / "cert.pem").read_bytes())
    assert made.subject.rfc4514_string() == f"CN={HUB_NAME}"
    files = ("--cert", str(folder / "b" / "cert.pem"), "--key", str(folder / "b" / "key.pem"))
    assert run(folder, "ca", "broker-files", "--out", str(folder / "m"), *files, "--port", "8884") == 0
    assert "listener 8884\n" in (folder / "m" / "tillsight.conf").read_text()
    assert run(folder, "ca", "show") == 0
    assert "good for 14.0 days" in capsys.readouterr().out


def test_what_is_there_is_never_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "ca", "show") == 1
    assert "tillsight-hub ca init makes one" in capsys.readouterr().err
    run(folder, "ca", "init")
    assert run(folder, "ca", "init") == 1
    run(folder, "ca", "hub", "--out", str(folder / "h"))
    assert run(folder, "ca", "hub", "--out", str(folder / "h")) == 1
    assert "another folder" in capsys.readouterr().err


def test_the_list_is_renewed_and_says_how_long_it_is_good(folder: Path) -> None:
    run(folder, "ca", "init")
    config = load_config(None, folder)
    engine = open_database(config.database_url())
    write_list(engine, config, datetime.now(UTC) - timedelta(days=12))
    left = days_left(config, datetime.now(UTC))
    assert left is not None
    assert 1.9 < left < 2.1
    assert run(folder, "ca", "crl") == 0
    assert (days_left(config, datetime.now(UTC)) or 0) > 13.9
    engine.dispose()


def test_a_device_enrols_and_renews_over_https(tmp_path: Path) -> None:
    with website(tmp_path, users=()) as site:
        code = enrolment(site)
        authority = httpx.get(f"{site.url}/api/v1/ca.pem").content
        own = x509.load_pem_x509_certificate(authority)
        assert code.fingerprint == Authority.open(tmp_path / "ca").fingerprint
        identity, fresh = Identity(), Identity()
        given = post(site, "enrol", token=code.token, request=identity.request.decode())
        identity.certificate = given["certificate"].encode()
        assert given["authority"].encode() == authority
        x509.load_pem_x509_certificate(identity.certificate).verify_directly_issued_by(own)
        renewal = {
            "certificate": identity.certificate.decode(),
            "request": fresh.request.decode(),
            "signature": "",
        }
        renewal["signature"] = identity.sign(renewal["request"].encode())
        fresh.certificate = post(site, "renew", **renewal)["certificate"].encode()
        again = httpx.post(f"{site.url}/api/v1/enrol", json={"token": code.token, "request": "x"})
        assert (again.status_code, again.json()["detail"]) == (403, "this token is unknown, used or too old")
        nonsense = {**renewal, "certificate": "x"}
        assert httpx.post(f"{site.url}/api/v1/renew", json=nonsense).status_code == 422


def test_guessing_tokens_costs_growing_waits(tmp_path: Path) -> None:
    with website(tmp_path, users=()) as site:
        enrolment(site)
        asked = {"token": "guess", "request": "x"}
        codes = [httpx.post(f"{site.url}/api/v1/enrol", json=asked).status_code for _ in range(8)]
        assert codes[0] == 403
        assert codes[-1] == 429


def test_a_hub_without_an_authority_says_so(tmp_path: Path) -> None:
    with website(tmp_path, users=()) as site:
        for path in ("ca.pem", "crl.pem"):
            assert httpx.get(f"{site.url}/api/v1/{path}").status_code == 404


@pytest.mark.mosquitto
def test_revoking_silences_a_live_device_and_ends_its_tokens(folder: Path, tmp_path: Path) -> None:
    broker = GuardedBroker(tmp_path / "guarded")
    config = watching(folder, broker)
    engine = open_database(config.database_url())
    token = create_token(engine, "box", "device", "box-1")
    thief = broker.identity("box-1")
    note(engine, thief, "box-1")
    broker.start()
    try:
        with visiting(broker, thief) as stolen:
            done = silence(engine, config, "box-1", reason="stolen", actor="ada")
            assert stolen.gone.wait(60)
        assert (done.certificates, done.is_thrown_off) == (1, True)
        with pytest.raises(Refused), visiting(broker, thief):
            pass
        assert find_token(engine, token) is None
    finally:
        broker.stop()
        engine.dispose()


def watching(folder: Path, broker: GuardedBroker) -> HubConfig:
    """A hub with the broker's authority, which makes it read the list by a signal."""
    pid_file = broker.folder / "pid"
    reload = ("sh", "-c", f"kill -HUP $(cat {pid_file})")
    started = broker.start

    def start() -> None:
        started()
        pid_file.write_text(str(broker.process.pid))

    broker.start = start  # type: ignore[method-assign]
    settings = {
        "data_dir": folder,
        "mqtt": {
            "embedded": False,
            "host": "localhost",
            "port": broker.port,
            "ca_file": broker.folder / "ca" / "ca.pem",
        },
        "identity": {
            "folder": broker.folder / "ca",
            "revocation_list": broker.crl,
            "reload": reload,
            "reload_wait_s": 0.3,
        },
    }
    return read_settings(json.loads(json.dumps(settings, default=str)), HubConfig)


def note(engine: Engine, identity: Identity, device: str) -> None:
    """As if the device had enrolled."""
    serial = x509.load_pem_x509_certificate(identity.certificate).serial_number
    ms = round(now().timestamp() * 1000)
    with engine.begin() as connection:
        connection.execute(
            insert(certificate).values(
                serial=f"{serial:x}", dev=device, issued=ms, not_after=ms + 90 * 86_400_000
            )
        )


def enrolment(site: Website) -> Code:
    authority = Authority.create(site.folder / "ca", "Tillsight test", now())
    return allow(site.services.engine, authority, "box-1", now(), actor="ada")


def post(site: Website, what: str, **asked: str) -> dict[str, str]:
    answer = httpx.post(f"{site.url}/api/v1/{what}", json=asked)
    assert answer.status_code == 200, answer.text
    given: dict[str, str] = answer.json()
    return given


def test_alarms_are_listed_and_somebody_sees_to_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = open_database(f"sqlite:///{folder / 'hub.db'}")
    words = {"severity": 2, "text": "two boxes with one identity", "raised": 1_791_280_800_000}
    rows = [
        {"subject": "box-1", "condition": "two_boxes", "cleared": None, **words},
        {
            "subject": "hub",
            "condition": "backup",
            "cleared": round(time.time() * 1000),
            **words,
            "severity": 1,
        },
    ]
    with engine.begin() as connection:
        connection.execute(insert(fleet_alarm), rows)
    engine.dispose()
    begins = "    1 red    2026-10-06 10:00Z box-1: two boxes with one identity"
    assert run(folder, "device", "alarms") == 0
    assert capsys.readouterr().out == f"{begins} (goes on until somebody sees to it)\n"
    assert run(folder, "device", "alarms", "box-1", "--acknowledge", "1") == 0
    assert capsys.readouterr().out == f"{begins} (tillsight-hub sees to it)\n"
    assert run(folder, "device", "alarms", "hub", "--days", "1") == 0
    assert "    2 yellow 2026-10-06 10:00Z hub: two boxes" in capsys.readouterr().out
    assert run(folder, "device", "alarms", "--acknowledge", "2") == 1
    assert "alarm 2: none of this number goes on" in capsys.readouterr().err
