"""What is looked for when a till is decommissioned, and where."""

import bz2
import gzip
import lzma
import zipfile
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

WIPE = Path(__file__).parents[2] / "deploy" / "roles" / "decommission" / "files" / "wipe"
KEY = generate_private_key(SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
DER = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
NUMBER = KEY.private_numbers().private_value.to_bytes(32, "big")
LINE = PEM.splitlines()[1]
NOISE = bytes(range(256)) * 5000


def program() -> ModuleType:
    """The program as a module; it has no ending, since it is one for devices."""
    loader = SourceFileLoader("wipe", str(WIPE))
    spec = spec_from_loader("wipe", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


wipe = program()


def zipped(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside", PEM)


PLACES: dict[str, Callable[[Path], object]] = {
    "plain": lambda file: file.write_bytes(PEM),
    "in a binary": lambda file: file.write_bytes(NOISE + DER + NOISE),
    "over the edge of a piece": lambda file: file.write_bytes(bytes(wipe.CHUNK - 20) + LINE),
    "its number alone": lambda file: file.write_bytes(NOISE + NUMBER),
    "in hex": lambda file: file.write_text(f"x={DER.hex()}", encoding="ascii"),
    "gz": lambda file: file.write_bytes(gzip.compress(NOISE + PEM)),
    "bz2": lambda file: file.write_bytes(bz2.compress(PEM)),
    "xz": lambda file: file.write_bytes(lzma.compress(PEM)),
    "zip": zipped,
}


@pytest.fixture
def secrets(tmp_path: Path) -> set[bytes]:
    file = tmp_path / "state" / "key.pem"
    file.parent.mkdir()
    file.write_bytes(PEM)
    found: set[bytes] = wipe.secrets_in([file.parent])
    wipe.remove([file.parent])
    assert not file.parent.exists()
    return found


@pytest.mark.parametrize("place", PLACES)
def test_a_key_is_found_wherever_it_is(tmp_path: Path, secrets: set[bytes], place: str) -> None:
    file = tmp_path / "elsewhere" / "file"
    file.parent.mkdir()
    PLACES[place](file)
    search = wipe.Search(secrets)
    search.below(tmp_path)
    assert (search.found, search.unread) == ([str(file)], [])


def test_a_password_is_found_in_names_and_links(tmp_path: Path) -> None:
    password = tmp_path / "state" / "mqtt-password"
    password.parent.mkdir()
    password.write_text("correct-horse\n", encoding="ascii")
    search = wipe.Search(wipe.secrets_in([password]))
    wipe.remove([password.parent])
    (tmp_path / "note-correct-horse.txt").touch()
    (tmp_path / "link").symlink_to("/run/correct-horse")
    search.below(tmp_path)
    assert sorted(search.found) == [str(tmp_path / "link"), str(tmp_path / "note-correct-horse.txt")]


def test_what_is_clean_is_called_so(tmp_path: Path, secrets: set[bytes]) -> None:
    (tmp_path / "file").write_bytes(NOISE)
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b" + NOISE)
    search = wipe.Search(secrets)
    search.below(tmp_path)
    assert (search.files, search.found, search.packed) == (2, [], [str(tmp_path / "broken.gz")])


def test_links_to_folders_go_as_well(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    (ours / "releases" / "0.1.0").mkdir(parents=True)
    theirs.mkdir()
    (theirs / "file").touch()
    (ours / "current").symlink_to("releases/0.1.0")
    (ours / "elsewhere").symlink_to(theirs)
    assert wipe.remove([ours]) == 2
    assert not ours.exists() and (theirs / "file").exists()


def test_before_it_is_removed_it_is_overwritten(tmp_path: Path) -> None:
    file, other = tmp_path / "key.pem", tmp_path / "held"
    file.write_bytes(PEM)
    other.hardlink_to(file)
    wipe.remove([file])
    assert other.stat().st_size == len(PEM)
    assert LINE not in other.read_bytes()
