"""Machines for whole playbooks. They say how far they are, since each takes minutes."""

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import need
from tests.harness.bundles import Bundle, with_own
from tests.harness.machines import Root, booted
from tests.harness.shops import Setup, Shop

STARTED = time.monotonic()


def say(text: str) -> None:
    """How far the tests are."""
    print(f"{time.monotonic() - STARTED:6.0f} s  {text}", file=sys.__stderr__, flush=True)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Of the code as it is."""
    need(Root.cached)
    say("building the bundle")
    return Bundle.built(tmp_path_factory.mktemp("bundle") / "tillsight-bundle")


@pytest.fixture(scope="session")
def bare() -> Root:
    """Debian, and nothing of ours."""
    return need(Root.cached)


@pytest.fixture(scope="session")
def with_release(bundle: Bundle) -> Iterator[Root]:
    """Debian with the release of the code as it is."""
    say("installing it once")
    folder = Path(tempfile.mkdtemp(prefix="tillsight-layer-", dir="/var/tmp"))
    try:
        yield with_own(bundle, folder / "own")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shop(bare: Root, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Hub, broker and till on one machine that had nothing of ours, set up by one call of site.yml. The tests
    of test_shop*.py follow one another on it."""
    with booted("shop", bare) as machine:
        shop = Shop(machine, bundle, tmp_path_factory.mktemp("shop"))
        say("site.yml --check on a bare machine")
        check_s, played = shop.timed("site.yml", "--check")
        assert played.code == 0, played.words
        assert not (machine.files / "opt" / "tillsight").exists()
        say("site.yml on it")
        play_s, played = shop.timed("site.yml")
        assert played.code == 0, played.words
        waited_s = shop.until(lambda: shop.stored() > 0, "the first event")
        say(f"the first event is on the hub {play_s + waited_s:.0f} s after the start of the one call")
        shop.setup = Setup(check_s, play_s, play_s + waited_s)
        yield shop
