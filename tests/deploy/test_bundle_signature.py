"""Bundles that are forged, changed, of another version or older are not installed; the line says why."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.harness.bundles import sign, sums_of
from tests.harness.processes import find_program

ROOT = Path(__file__).parents[2]
CHECK = ROOT / "deploy" / "roles" / "release" / "files" / "check-bundle"
OTHERS = "wheels/numpy-2.0-cp311-cp311-manylinux_2_28_{}.whl"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A small one, signed."""
    find_program("openssl", "openssl", Path("/usr/bin"))
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    for name in ("wheels/tillsight-0.2.0-py3-none-any.whl", "requirements-device-x86_64-cp311.txt"):
        (folder / name).write_text(name, encoding="utf-8")
    for machine in ("x86_64", "aarch64"):
        (folder / OTHERS.format(machine)).write_text(machine, encoding="utf-8")
    sums_of(folder)
    sign(folder, tmp_path)
    return folder


def refused(bundle: Path, *words: str, key: str = "release-key.pub.pem", version: str = "0.2.0") -> str:
    """Why it may not be installed; empty where it may."""
    root = ("--root", str(bundle.parent))
    words = ("--key", str(bundle.parent / key), "--version", version, *root, *words)
    done = subprocess.run(
        [sys.executable, str(CHECK), *words, str(bundle)], capture_output=True, text=True, check=False
    )
    assert done.returncode == bool(done.stderr)
    assert done.stderr.count("\n") <= 1
    return done.stderr


def runs(bundle: Path, version: str) -> None:
    """A machine on which that release runs."""
    (bundle.parent / "releases" / version).mkdir(parents=True)
    (bundle.parent / "current").symlink_to(f"releases/{version}")


def test_what_was_signed_may_be_installed(bundle: Path) -> None:
    assert not refused(bundle)


def test_what_is_for_another_processor_may_be_missing_and_nothing_else(bundle: Path) -> None:
    import platform

    mine = OTHERS.format(platform.machine())
    other = next(name for machine in ("x86_64", "aarch64") if (name := OTHERS.format(machine)) != mine)
    (bundle / other).unlink()
    assert not refused(bundle)
    (bundle / mine).unlink()
    assert f"lacks {mine}" in refused(bundle)


def test_an_unsigned_one_is_refused(bundle: Path) -> None:
    (bundle / "SHA256SUMS.sig").unlink()
    assert "is not signed: SHA256SUMS.sig is missing" in refused(bundle)


def test_one_that_somebody_else_signed_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "thief").mkdir()
    sign(bundle, tmp_path / "thief")
    assert "is not signed with the key" in refused(bundle)
    assert not refused(bundle, key="thief/release-key.pub.pem")


@pytest.mark.parametrize("name", ["SHA256SUMS", "wheels/tillsight-0.2.0-py3-none-any.whl"])
def test_one_that_was_changed_is_refused(bundle: Path, name: str) -> None:
    with (bundle / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    found = refused(bundle)
    assert "is not signed with the key" in found or f"has another {name}" in found


def test_new_sums_do_not_help_a_forger(bundle: Path) -> None:
    (bundle / "wheels/tillsight-0.2.0-py3-none-any.whl").write_text("evil", encoding="utf-8")
    sums_of(bundle)
    assert "is not signed with the key" in refused(bundle)


def test_a_file_besides_is_refused(bundle: Path) -> None:
    (bundle / "wheels" / "evil-1.0-py3-none-any.whl").write_text("evil", encoding="utf-8")
    assert "has a file that is not in SHA256SUMS: wheels/evil-1.0" in refused(bundle)


def test_another_version_than_the_one_meant_is_refused(bundle: Path) -> None:
    assert "is version 0.2.0, not 0.3.0" in refused(bundle, version="0.3.0")


@pytest.mark.parametrize("running", ["0.2.1", "0.10.0", "1.0", "0.2.1rc1"])
def test_an_older_one_is_refused_although_it_is_signed(bundle: Path, running: str) -> None:
    runs(bundle, running)
    assert f"is older (0.2.0) than what runs ({running})" in refused(bundle)
    assert not refused(bundle, "--may-be-older")


@pytest.mark.parametrize("running", ["0.1.9", "0.2.0", "0.2", "0.2.0rc3"])
def test_the_same_and_newer_ones_may_be_installed(bundle: Path, running: str) -> None:
    runs(bundle, running)
    assert not refused(bundle)


def test_only_what_its_list_says_is_signed(bundle: Path, tmp_path: Path) -> None:
    (bundle / "wheels" / "late-1.0-py3-none-any.whl").write_text("late", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        sign(bundle, tmp_path)


def test_a_key_is_for_its_owner_alone_and_never_overwritten(bundle: Path, tmp_path: Path) -> None:
    key = tmp_path / "release-key.pem"
    before = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    words = [sys.executable, str(ROOT / "scripts" / "sign_bundle"), "new-key", "--out", str(key)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, key.read_bytes()) == (1, before)
    assert "is there already" in done.stderr
    shutil.rmtree(bundle)
