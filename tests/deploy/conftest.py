"""Machines for whole playbooks. They say how far they are, since each takes minutes."""

import sys
import time
from collections.abc import Iterator

import pytest
from tests.conftest import need
from tests.harness.bundles import Bundle, add_own, installed
from tests.harness.machines import Root, booted
from tests.harness.shops import Shop

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
def with_release(bundle: Bundle) -> Root:
    """Debian with all that the bundle brings, but for our own wheel."""
    say("installing it once")
    return installed(bundle)


@pytest.fixture(scope="module")
def shop(with_release: Root, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Hub, broker and till on one machine, set up by site.yml."""
    with booted("shop", with_release) as machine:
        add_own(machine, bundle)
        shop = Shop(machine, bundle, tmp_path_factory.mktemp("shop"))
        say("site.yml")
        played = shop.play("site.yml")
        assert played.code == 0, played.words
        yield shop
