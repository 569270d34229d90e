"""What a device declares about faces, beside what the hub has: each disagreement is an alarm of its own."""

from typing import Any

import pytest
from sqlalchemy import Engine
from tests.harness.declared import declare_faces
from tests.harness.ingesting import DAY, NOON

from tillsight_hub.compliance.declared import read_declarations
from tillsight_hub.fleet.declared_faces import faces_troubles
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_models.events import HealthReported

LOOKS: dict[str, Any] = {"faces": "on", "declared_until": "2026-12-31", "declared_as": "DPIA-2026-014"}
"""Like the hub's declaration in these tests."""


def found(engine: Engine, at: int = NOON, **health: Any) -> dict[str, Any]:
    with engine.connect() as connection:
        place = read_hierarchy(connection).touchpoints["till-1"]
        told = faces_troubles(HealthReported(**health), place, read_declarations(connection), at)
        return {key: (severity, values) for key, severity, values in told}


@pytest.fixture
def declared(engine: Engine) -> Engine:
    declare_faces(engine, "rome", days=("2026-10-01", "2026-12-31"))
    return engine


def test_where_both_say_the_same_all_is_well(declared: Engine) -> None:
    assert not found(declared, **LOOKS)


def test_who_looks_at_no_face_needs_no_declaration(engine: Engine) -> None:
    assert not found(engine)
    assert not found(engine, faces="none", declared_until="2020-01-01")


def test_a_device_that_the_hub_knows_nothing_of_is_an_alarm(engine: Engine) -> None:
    assert found(engine, **LOOKS) == {"faces_undeclared": (2, {})}


@pytest.mark.parametrize("other", [{"declared_until": "2027-01-31"}, {"declared_as": "DPIA-1"}])
def test_another_end_or_assessment_is_told_with_both(declared: Engine, other: dict[str, str]) -> None:
    severity, values = found(declared, **{**LOOKS, **other})["declarations_differ"]
    assert severity == 1
    assert values["hub"] == "DPIA-2026-014, 2026-12-31"
    assert next(iter(other.values())) in values["device"]


@pytest.mark.parametrize(("days", "left", "severity"), [(54, None, 0), (57, 29, 1), (80, 6, 2)])
def test_the_end_is_told_weeks_before(declared: Engine, days: int, left: int | None, severity: int) -> None:
    told = found(declared, NOON + days * DAY, **LOOKS)
    assert told == ({} if left is None else {"declaration_ends": (severity, {"days": left})})


def test_the_earlier_of_both_ends_counts(declared: Engine) -> None:
    told = found(declared, **{**LOOKS, "declared_until": "2026-10-20"})
    assert told["declaration_ends"] == (1, {"days": 14})


def test_when_it_has_ended_both_say_so(declared: Engine) -> None:
    after = NOON + 100 * DAY
    assert found(declared, after, **LOOKS) == {"faces_undeclared": (2, {})}
    assert found(declared, after, **{**LOOKS, "faces": "off"}) == {"faces_off": (1, {"day": "2026-12-31"})}
