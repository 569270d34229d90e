"""Contacts: a table of scenes, and what must hold in any scene."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.walkers import Walker, watch

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.vision.contacts import Contact, Presence

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "contacts.toml").read_text(encoding="utf-8"))[
    "case"
]
ZONE = ((0.4, 0.7), (0.7, 1.0))
WITHIN_S = 0.5


def camera(**changes: Any) -> CameraSettings:
    return CameraSettings(**{"source": "0", "zone": ZONE, "min_dwell_s": 3, "max_dwell_s": 60, **changes})


def scene(case: dict[str, Any]) -> tuple[list[Walker], float]:
    walkers = [Walker(**person) for person in case["people"]]
    return walkers, case.get("end", max(walker.way[-1][0] for walker in walkers) + 5)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_contacts_of_the_cases(case: dict[str, Any]) -> None:
    walkers, end_s = scene(case)
    watched = watch(camera(zone=case.get("zone", ZONE)), walkers, end_s)
    assert watched.contacts == [pytest.approx(contact, abs=WITHIN_S) for contact in case["contacts"]]
