"""What the role `release` does with a bundle that it must not install: nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.bundles import Bundle, sign, sums_of
from tests.harness.machines import Root, booted
from tests.harness.shops import Shop

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(1800)]

RELEASES = "opt/tillsight/releases"


def small_bundle(folder: Path, version: str, keys: Path | None) -> Bundle:
    """Of a wheel that is none; without `keys` unsigned."""
    (folder / "wheels").mkdir(parents=True)
    (folder / f"wheels/tillsight-{version}-py3-none-any.whl").write_text(version, encoding="utf-8")
    sums_of(folder)
    if keys is not None:
        keys.mkdir(exist_ok=True)
        sign(folder, keys)
    return Bundle(folder)


@pytest.fixture(scope="module")
def machine(bare: Root, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Path]]:
    """One that runs 0.2.0 and knows a key, and the folder with that key."""
    folder = tmp_path_factory.mktemp("release")
    good = small_bundle(folder / "bundle", "0.2.1", folder)
    with booted("release", bare) as machine:
        (machine.files / RELEASES / "0.2.0").mkdir(parents=True)
        (machine.files / "opt/tillsight/current").symlink_to("releases/0.2.0")
        shutil.copy(good.key, machine.files / "opt/tillsight/release-key.pub.pem")
        yield Shop(machine, good, folder, knows_it=True), folder


@pytest.mark.parametrize(
    ("version", "keys", "words"),
    [
        ("0.2.1", None, "is not signed: SHA256SUMS.sig is missing"),
        ("0.2.1", "thief", "is not signed with the key"),
        ("0.1.9", ".", "is older (0.1.9) than what runs (0.2.0)"),
    ],
)
def test_it_says_why_and_leaves_nothing(
    machine: tuple[Shop, Path], tmp_path: Path, version: str, keys: str | None, words: str
) -> None:
    shop, folder = machine
    bundle = small_bundle(tmp_path / "bundle", version, None if keys is None else folder / keys)
    played = shop.play(
        "site.yml", "--tags", "release", tillsight_bundle=str(bundle.folder), tillsight_version=version
    )
    assert played.code != 0
    assert f"the bundle {words}" in played.words
    assert [path.name for path in (shop.machine.files / RELEASES).iterdir()] == ["0.2.0"]
