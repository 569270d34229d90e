"""Formulas against numbers that others computed (the reference vectors) and against edges done by hand."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.harness.reference_data import FOLDER, reference_data
from tests.hub import vector_adapter

VECTORS = "vectors/public"
FAMILIES: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / VECTORS).glob("*.json"))
}
BY_OTHERS = [
    pytest.param(family, case, id=f"{name}-{case['id']}")
    for name, family in FAMILIES.items()
    for case in family["cases"]
]
TABLE = Path(__file__).parents[1] / "cases" / "formulas.toml"
BY_HAND: list[dict[str, Any]] = tomllib.loads(TABLE.read_text())["case"]
ITEMS = 22


def test_the_reference_vectors_are_beside_the_checkout() -> None:
    assert list(reference_data(VECTORS).glob("*.json"))


@pytest.mark.parametrize(("family", "case"), BY_OTHERS)
def test_a_formula_gives_what_others_computed(family: dict[str, Any], case: dict[str, Any]) -> None:
    compute = getattr(vector_adapter, family["family"])
    check(compute(case["input"]), case["expected"], absolute=family["abs_tol"], relative=family["rel_tol"])


@pytest.mark.parametrize("case", BY_HAND, ids=[f"{case['family']}: {case['name']}" for case in BY_HAND])
def test_a_formula_gives_what_was_done_by_hand(case: dict[str, Any]) -> None:
    compute = getattr(vector_adapter, case["family"])
    check(compute(read(case["input"])), read(case["expected"]), absolute=1e-6, relative=1e-6)


def test_every_family_has_an_edge_done_by_hand() -> None:
    reference_data(VECTORS)
    assert FAMILIES.keys() <= {case["family"] for case in BY_HAND}


def read(written: Any) -> Any:
    """With None for "none", and a person's answers as long as the questionnaire."""
    if isinstance(written, dict):
        if "answers" in written:
            answers = read(written["answers"])
            return answers + [None] * (ITEMS - len(answers))
        return {name: read(value) for name, value in written.items()}
    if isinstance(written, list):
        return [read(value) for value in written]
    return None if written == "none" else written


def check(got: dict[str, Any], expected: dict[str, Any], *, absolute: float, relative: float) -> None:
    for name, want in expected.items():
        assert agree(got[name], want, absolute, relative), f"{name}: {got[name]}, expected {want}"


def agree(got: Any, want: Any, absolute: float, relative: float) -> bool:
    """Numbers within the tolerances, all else the same; None agrees with nothing but None."""
    if isinstance(want, list):
        pairs = zip(got, want, strict=True)
        return len(got) == len(want) and all(agree(one, other, absolute, relative) for one, other in pairs)
    if isinstance(want, dict):
        return all(agree(got[name], value, absolute, relative) for name, value in want.items())
    if got is None or want is None or isinstance(want, str):
        return bool(got == want)
    return bool(abs(got - want) <= absolute + relative * abs(want))
