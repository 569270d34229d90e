"""A hub behind a real port, and people who visit it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.harness.websites import Visitor, Website, website


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    """One hub for the tests of a file."""
    with website(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture
def fresh_site(tmp_path: Path) -> Iterator[Website]:
    """A hub of this test alone."""
    with website(tmp_path, users=("ada", "otto")) as running:
        yield running


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Website]:
    """A hub that knows no touchpoint."""
    with website(tmp_path, seed={}, users=("ada",)) as running:
        yield running


Visit = Callable[[Website], Visitor]


@pytest.fixture
def visit() -> Iterator[Visit]:
    """Makes visitors, who are sent home at the end."""
    with ExitStack() as stack:
        yield lambda site: Visitor(stack.enter_context(httpx.Client(base_url=site.url, timeout=60)))
