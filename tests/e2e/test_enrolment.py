"""A device's certificate, from the code that the hub prints to the next one: over HTTPS, both sides real."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.harness.identities import Identity as Keys
from tests.harness.websites import Website

from tillsight_edge.__main__ import main
from tillsight_edge.errors import EnrolmentFailed
from tillsight_edge.identity import Code, Identity, enrol, is_revoked, renew
from tillsight_hub.database import writing
from tillsight_hub.fleet.sightings import read_sightings
from tillsight_hub.identity.authority import Authority, Revoked, as_pem
from tillsight_hub.identity.enrolment import allow, revoke
from tillsight_hub.identity.revocation import list_file, write_list

NOW = datetime.now(UTC)
BOX = "box-1"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Website]:
    """Serves HTTPS with a certificate of its own authority."""
    authority = Authority.create(tmp_path / "hub" / "ca", "Tillsight test", NOW)
    server = Keys()
    server.certificate = as_pem(authority.for_server(["127.0.0.1"], server.key.public_key(), NOW))
    site = Website(tmp_path / "hub", users=(), tls=server.write(tmp_path / "server"))
    site.start()
    yield site
    site.stop()


def code_for(site: Website, device: str = BOX) -> str:
    authority = Authority.open(site.folder / "ca")
    return str(allow(site.services.engine, authority, device, datetime.now(UTC), actor="ada"))


def test_a_device_gets_its_certificate_and_the_next_one(hub: Website, tmp_path: Path) -> None:
    identity = enrol(hub.url, Code.read(code_for(hub)), tmp_path / "own")
    first, first_key = identity.certificate(), identity.key_file.read_bytes()
    assert first.subject.rfc4514_string() == f"CN={BOX}"
    assert not identity.is_due(NOW + timedelta(days=59))
    assert identity.is_due(NOW + timedelta(days=61))
    second = renew(hub.url, tmp_path / "own").certificate()
    assert second.serial_number != first.serial_number
    assert identity.key_file.read_bytes() != first_key
    own = serialization.load_pem_private_key(identity.key_file.read_bytes(), None)
    assert own.public_key() == second.public_key()


def test_only_its_owner_reads_the_key_and_old_keys_are_gone(hub: Website, tmp_path: Path) -> None:
    enrol(hub.url, Code.read(code_for(hub)), tmp_path / "own")
    renew(hub.url, tmp_path / "own")
    keys = [*(tmp_path / "own").glob("2*/key.pem")]
    assert [stat.S_IMODE(key.stat().st_mode) for key in keys] == [0o600]
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700


def test_a_code_is_good_once(hub: Website, tmp_path: Path) -> None:
    code = Code.read(code_for(hub))
    enrol(hub.url, code, tmp_path / "own")
    with pytest.raises(EnrolmentFailed, match="unknown, used or too old"):
        enrol(hub.url, code, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_another_hub_gets_no_code(hub: Website, tmp_path: Path) -> None:
    """Whoever stands between shows an authority of its own: the code stays good, and stays here."""
    code = Code.read(code_for(hub))
    elsewhere = Code(code.device, code.token, "0" * 64)
    with pytest.raises(EnrolmentFailed, match="not the hub that made the code"):
        enrol(hub.url, elsewhere, tmp_path / "own")
    assert enrol(hub.url, code, tmp_path / "own").certificate()


def test_a_revoked_device_renews_nothing_and_keeps_what_it_has(hub: Website, tmp_path: Path) -> None:
    identity = enrol(hub.url, Code.read(code_for(hub)), tmp_path / "own")
    before = identity.certificate_file.read_bytes()
    with writing(hub.services.engine) as connection:
        revoke(connection, BOX, datetime.now(UTC), reason="stolen", actor="ada")
    with pytest.raises(EnrolmentFailed, match="revoked"):
        renew(hub.url, tmp_path / "own")
    assert identity.certificate_file.read_bytes() == before


def test_a_revoked_device_tells_by_its_own_timer_who_it_is(
    hub: Website, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Long before its certificate is to be renewed; the broker, which turns it away, cannot tell who."""
    own = tmp_path / "own"
    enrol(hub.url, Code.read(code_for(hub)), own)
    engine, asked = hub.services.engine, ["renew", "--url", hub.url, "--folder", str(own)]
    assert not is_revoked(hub.url, own)  # there is no list yet
    write_list(engine, hub.services.config, datetime.now(UTC))
    assert main(asked) == 0
    with writing(engine) as connection:
        revoke(connection, BOX, datetime.now(UTC), reason="stolen", actor="ada")
    write_list(engine, hub.services.config, datetime.now(UTC))
    assert main(asked) == 1
    assert "revoked" in capsys.readouterr().err
    with engine.connect() as connection:
        found = read_sightings(connection, round(datetime.now(UTC).timestamp() * 1000))
    assert [each.kind for each in found[BOX]] == ["revoked-tries"]


def test_a_list_of_somebody_else_revokes_nothing(hub: Website, tmp_path: Path) -> None:
    identity = enrol(hub.url, Code.read(code_for(hub)), tmp_path / "own")
    rogue = Authority.create(tmp_path / "rogue", "Rogue", NOW)
    named = [Revoked(identity.certificate().serial_number, NOW)]
    list_file(hub.services.config).write_bytes(rogue.revocation_list(named, NOW))
    assert not is_revoked(hub.url, tmp_path / "own")


def test_a_thief_with_the_certificate_and_another_key_renews_nothing(hub: Website, tmp_path: Path) -> None:
    identity = enrol(hub.url, Code.read(code_for(hub)), tmp_path / "own")
    Keys(certificate=identity.certificate_file.read_bytes()).write(tmp_path / "own" / "current")
    with pytest.raises(EnrolmentFailed, match="not signed"):
        renew(hub.url, tmp_path / "own")


def test_the_commands_tell_it_in_a_line(
    hub: Website, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "code").write_text(code_for(hub) + "\n", encoding="ascii")
    own = ("--url", hub.url, "--folder", str(tmp_path / "own"))
    assert main(["enrol", *own, "--code-file", str(tmp_path / "code")]) == 0
    end = (NOW + timedelta(days=90)).date()
    assert f"good until {end}" in capsys.readouterr().out
    first = Identity(tmp_path / "own").certificate().serial_number
    assert main(["renew", *own]) == 0
    assert Identity(tmp_path / "own").certificate().serial_number == first
    assert main(["renew", *own, "--now"]) == 0
    assert Identity(tmp_path / "own").certificate().serial_number != first
    capsys.readouterr()
    assert main(["enrol", *own, "--code-file", str(tmp_path / "code")]) == 1
    assert "unknown, used or too old" in capsys.readouterr().err
    assert main(["enrol", "--url", "http://hub.example", "--code-file", str(tmp_path / "code")]) == 1
    assert "expected https://" in capsys.readouterr().err
    assert main(["renew", "--url", hub.url, "--folder", str(tmp_path / "nowhere")]) == 1
    assert "tillsight-edge enrol gets one" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", f"box.token.{'0' * 63}"])
def test_what_is_no_code_is_said(text: str) -> None:
    with pytest.raises(EnrolmentFailed, match=r"expected DEVICE\.TOKEN\.FINGERPRINT"):
        Code.read(text)


def test_a_hub_that_is_away_or_no_hub_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnrolmentFailed, match=r"ca\.pem"):
        enrol("https://127.0.0.1:9", Code(BOX, "token", "0" * 64), tmp_path / "own")


def test_a_certificate_of_a_foreign_key_is_no_identity(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    name = x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    current = tmp_path / "own" / "current"
    current.mkdir(parents=True)
    (current / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (current / "key.pem").write_bytes(pem)
    with pytest.raises(EnrolmentFailed, match="P-256"):
        renew("https://127.0.0.1:9", tmp_path / "own")
