"""Enrolment, renewal and revocation, on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import Engine, select
from tests.harness.identities import Identity, new_key, request_of

from tillsight_hub.database import writing
from tillsight_hub.identity.authority import Authority, as_pem
from tillsight_hub.identity.enrolment import Code, allow, enrol, issued, renew, revoke, revoked
from tillsight_hub.identity.errors import BadRequestForCertificate, EnrolmentRefused
from tillsight_hub.tables import audit

NOW = datetime.now(UTC).replace(microsecond=0)
BOX = "box-1"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "ca", "Tillsight test", NOW)


def enrolled(engine: Engine, authority: Authority, now: datetime = NOW) -> Identity:
    """A device with its first certificate."""
    identity = Identity()
    code = allow(engine, authority, BOX, now, actor="ada")
    identity.certificate = enrol(engine, authority, code.token, identity.request, now)
    return identity


def renewed(
    engine: Engine, authority: Authority, by: Identity, request: bytes, now: datetime, signature: str = ""
) -> bytes:
    signed = signature or by.sign(request)
    return renew(engine, authority, by.certificate, request, now, signature=signed)


def test_a_token_is_good_for_one_certificate_of_its_device(
    either_engine: Engine, authority: Authority
) -> None:
    code = allow(either_engine, authority, BOX, NOW, actor="ada")
    pem = enrol(either_engine, authority, code.token, request_of(new_key(), "box-2"), NOW)
    assert str(x509.load_pem_x509_certificate(pem).subject.rfc4514_string()) == f"CN={BOX}"
    with pytest.raises(EnrolmentRefused, match="unknown, used or too old"):
        enrol(either_engine, authority, code.token, request_of(new_key()), NOW)


def test_of_two_that_come_at_once_with_one_token_one_gets_it(
    either_engine: Engine, authority: Authority
) -> None:
    code = allow(either_engine, authority, BOX, NOW, actor="ada")

    def attempt(_: int) -> bool:
        try:
            enrol(either_engine, authority, code.token, request_of(new_key()), NOW)
        except EnrolmentRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1


def test_a_bad_request_leaves_the_token_good(either_engine: Engine, authority: Authority) -> None:
    code = allow(either_engine, authority, BOX, NOW, actor="ada")
    with pytest.raises(BadRequestForCertificate):
        enrol(either_engine, authority, code.token, b"nonsense", NOW)
    assert enrol(either_engine, authority, code.token, request_of(new_key()), NOW)


def test_tokens_end_and_a_new_one_ends_the_old(engine: Engine, authority: Authority) -> None:
    old = allow(engine, authority, BOX, NOW, actor="ada")
    new = allow(engine, authority, BOX, NOW, hours=2, actor="ada")
    for token, at in ((old.token, NOW), (new.token, NOW + timedelta(hours=2)), ("made-up", NOW)):
        with pytest.raises(EnrolmentRefused):
            enrol(engine, authority, token, request_of(new_key()), at)
    assert enrol(engine, authority, new.token, request_of(new_key()), NOW + timedelta(minutes=119))


def test_no_token_for_what_the_hub_does_not_know(engine: Engine, authority: Authority) -> None:
    for device in ("box-99", "+", "#", "box-1/x", ""):
        with pytest.raises(EnrolmentRefused, match="no device"):
            allow(engine, authority, device, NOW, actor="ada")
    with pytest.raises(EnrolmentRefused, match="hours"):
        allow(engine, authority, BOX, NOW, hours=0, actor="ada")


def test_a_code_says_which_hub_is_the_right_one(engine: Engine, authority: Authority) -> None:
    code = allow(engine, authority, BOX, NOW, actor="ada")
    assert Code.read(f" {code}\n") == code
    assert code.fingerprint == authority.fingerprint
    for broken in ("", "a.b", f"{code}x", str(code).replace(".", "")):
        with pytest.raises(EnrolmentRefused, match="expected"):
            Code.read(broken)


def test_who_has_the_present_key_gets_the_next_certificate(
    either_engine: Engine, authority: Authority
) -> None:
    identity, fresh = enrolled(either_engine, authority), Identity()
    later = NOW + timedelta(days=60)
    fresh.certificate = renewed(either_engine, authority, identity, fresh.request, later)
    made = x509.load_pem_x509_certificate(fresh.certificate)
    assert made.not_valid_after_utc == later + timedelta(days=90)
    assert made.public_key() == fresh.key.public_key()
    with either_engine.connect() as connection:
        assert [one.device for one in issued(connection, BOX)] == [BOX, BOX]


def test_who_has_not_gets_none(engine: Engine, authority: Authority, tmp_path: Path) -> None:
    identity, thief = enrolled(engine, authority), Identity()
    thief.certificate = identity.certificate
    with pytest.raises(EnrolmentRefused, match="not signed"):
        renewed(engine, authority, thief, thief.request, NOW)
    with pytest.raises(EnrolmentRefused, match="not signed"):
        renewed(engine, authority, identity, identity.request, NOW, signature="!!")
    stranger = Authority.create(tmp_path / "stranger", "Tillsight test", NOW)
    thief.certificate = as_pem(stranger.for_device(BOX, thief.request, NOW))
    with pytest.raises(EnrolmentRefused, match="not one of this hub"):
        renewed(engine, authority, thief, thief.request, NOW)
    thief.certificate = as_pem(authority.for_device(BOX, thief.request, NOW))
    with pytest.raises(EnrolmentRefused, match="not one of this hub"):
        renewed(engine, authority, thief, thief.request, NOW)
    thief.certificate = b"nonsense"
    with pytest.raises(BadRequestForCertificate):
        renewed(engine, authority, thief, thief.request, NOW)


def test_an_ended_certificate_renews_nothing(engine: Engine, authority: Authority) -> None:
    identity = enrolled(engine, authority)
    with pytest.raises(EnrolmentRefused, match="new enrolment"):
        renewed(engine, authority, identity, identity.request, NOW + timedelta(days=91))


def test_a_revoked_device_has_nothing_left(either_engine: Engine, authority: Authority) -> None:
    identity = enrolled(either_engine, authority)
    code = allow(either_engine, authority, BOX, NOW, actor="ada")
    with writing(either_engine) as connection:
        assert revoke(connection, BOX, NOW, reason="stolen", actor="ada") == 1
        serial = x509.load_pem_x509_certificate(identity.certificate).serial_number
        assert [one.serial for one in revoked(connection, NOW)] == [serial]
        assert revoked(connection, NOW + timedelta(days=91)) == []
        told = [*connection.scalars(select(audit.c.action).order_by(audit.c.id))]
    assert told[-4:] == ["device.enrolment", "device.enrolled", "device.enrolment", "device.revoked"]
    with pytest.raises(EnrolmentRefused, match="revoked"):
        renewed(either_engine, authority, identity, identity.request, NOW)
    with pytest.raises(EnrolmentRefused):
        enrol(either_engine, authority, code.token, request_of(new_key()), NOW)
