"""What the API's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.hubs import RunningHub, running_hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A running hub of this test alone."""
    with running_hub(tmp_path) as running:
        yield running
