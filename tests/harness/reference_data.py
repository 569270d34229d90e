"""Images, clips and models to measure with: they lie beside the checkout and are no part of the product."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[3] / "shared"


def reference_data(name: str) -> Path:
    """A file or folder of the reference data, for example `data/clips`; without it the test is skipped."""
    path = FOLDER / name
    if not path.exists():
        reason = f"the reference data is not beside the checkout: {name}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
