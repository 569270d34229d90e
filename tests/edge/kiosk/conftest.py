"""Kiosks behind a real port, and the browser of the device's other pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.edge.pages.conftest import OpenPage, Violations, open_page, violations
from tests.harness.kiosk_stage import PHONE, KioskStage, kiosk_stage

__all__ = ["OpenPage", "Violations", "open_page", "violations"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[KioskStage]:
    """The store's kiosk, in four languages, whose visits can go on on a phone."""
    with kiosk_stage(tmp_path, attract_s=60, continuing=PHONE) as stage:
        yield stage
