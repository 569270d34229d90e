"""The authority: what its certificates say, and what they never say."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.harness.identities import new_key, request_of

from tillsight_hub.identity.authority import Authority, Revoked, as_pem
from tillsight_hub.identity.errors import BadRequestForCertificate, NoAuthority

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "ca", "Tillsight test", NOW)


def names(certificate: x509.Certificate) -> list[str]:
    return [str(each.value) for each in certificate.subject]


def test_the_hub_says_who_a_device_is_whatever_the_request_says(authority: Authority) -> None:
    key = new_key()
    made = authority.for_device("till-1-box", request_of(key, "admin"), NOW)
    assert names(made) == ["till-1-box"]
    assert made.public_key() == key.public_key()
    assert made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert authority.has_signed(made)


def test_a_device_whose_clock_is_weeks_behind_takes_it_for_valid(authority: Authority) -> None:
    made = authority.for_device("box", request_of(new_key()), NOW)
    assert made.not_valid_before_utc == NOW - timedelta(days=30)
    assert made.not_valid_after_utc == NOW + timedelta(days=90)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (b"nonsense", "signing request"),
        (request_of(rsa.generate_private_key(65537, 2048)), "P-256"),
        (request_of(ec.generate_private_key(ec.SECP384R1())), "P-256"),
    ],
)
def test_another_kind_of_request_is_refused(authority: Authority, request_: bytes, said: str) -> None:
    with pytest.raises(BadRequestForCertificate, match=said):
        authority.for_device("box", request_, NOW)


def test_a_request_for_somebody_elses_key_is_refused(authority: Authority) -> None:
    own, other = x509.load_pem_x509_csr(request_of(new_key())), x509.load_pem_x509_csr(request_of(new_key()))
    forged = own.public_bytes(serialization.Encoding.DER).replace(own.signature, other.signature)
    try:
        pem = x509.load_der_x509_csr(forged).public_bytes(serialization.Encoding.PEM)
    except ValueError:  # the signatures' lengths differ by a byte now and then
        pem = b"nonsense"
    with pytest.raises(BadRequestForCertificate):
        authority.for_device("box", pem, NOW)


def test_a_server_is_known_by_all_its_names(authority: Authority) -> None:
    made = authority.for_server(["hub.example", "192.0.2.7", "::1"], new_key().public_key(), NOW)
    told = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert told.get_values_for_type(x509.DNSName) == ["hub.example"]
    assert [str(each) for each in told.get_values_for_type(x509.IPAddress)] == ["192.0.2.7", "::1"]
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_it_is_found_again_with_its_key_for_its_owner_alone(tmp_path: Path, authority: Authority) -> None:
    again = Authority.open(tmp_path / "ca")
    assert again.fingerprint == authority.fingerprint
    assert stat.S_IMODE((tmp_path / "ca" / "ca.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "ca").stat().st_mode) == 0o700


def test_a_second_one_never_takes_the_place_of_the_first(tmp_path: Path, authority: Authority) -> None:
    with pytest.raises(NoAuthority, match="already"):
        Authority.create(tmp_path / "ca", "Another", NOW)
    assert Authority.open(tmp_path / "ca").fingerprint == authority.fingerprint


def test_what_is_missing_or_does_not_fit_is_said(tmp_path: Path, authority: Authority) -> None:
    with pytest.raises(NoAuthority, match="ca init"):
        Authority.open(tmp_path / "nowhere")
    Authority.create(tmp_path / "other", "Another", NOW)
    (tmp_path / "other" / "ca.pem").write_bytes(authority.pem)
    with pytest.raises(NoAuthority, match="does not belong"):
        Authority.open(tmp_path / "other")
    (tmp_path / "other" / "ca.pem").write_text("nonsense")
    with pytest.raises(NoAuthority, match="PEM"):
        Authority.open(tmp_path / "other")


def test_the_revocation_list_names_who_is_revoked_and_lives_two_weeks(authority: Authority) -> None:
    made = authority.for_device("box", request_of(new_key()), NOW)
    listed = x509.load_pem_x509_crl(authority.revocation_list([Revoked(made.serial_number, NOW)], NOW))
    assert [one.serial_number for one in listed] == [made.serial_number]
    assert listed.next_update_utc == NOW + timedelta(days=14)
    assert listed.is_signature_valid(authority.certificate.public_key())  # type: ignore[arg-type]


def test_a_strangers_certificate_is_not_ours(tmp_path: Path, authority: Authority) -> None:
    stranger = Authority.create(tmp_path / "stranger", "Tillsight test", NOW)
    made = stranger.for_device("box", request_of(new_key()), NOW)
    assert not authority.has_signed(made)
    assert as_pem(made).startswith(b"-----BEGIN CERTIFICATE-----")
