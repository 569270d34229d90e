"""A hub behind a real port, and ada, who may do everything there."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.harness.websites import Visitor, Website, website


@pytest.fixture
def fresh_site(tmp_path: Path) -> Iterator[Website]:
    """A hub of this test alone."""
    with website(tmp_path, users=("ada",)) as running:
        yield running


@pytest.fixture
def ada(fresh_site: Website) -> Iterator[Visitor]:
    """Her browser."""
    with httpx.Client(base_url=fresh_site.url, timeout=60) as client:
        yield Visitor(client)
