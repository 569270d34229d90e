"""The published reference cases: the definition of each formula, checked number by number."""

import json
from pathlib import Path
from typing import Any

import pytest

from tillsight_hub.metrics import intervals
from tillsight_hub.metrics.counts import Audit, Calibration, Counts
from tillsight_hub.metrics.registry import Estimate
from tillsight_hub.metrics.relative import (
    people_served,
    relative_dissatisfaction,
    response_rate,
    silent_share,
)
from tillsight_hub.metrics.responses import HappyIndex, csat, csat_index, csat_mean, nps
from tillsight_models.scales import SCALES, Scale

VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "public"


def read_family(family: str) -> dict[str, Any]:
    path = VECTORS / f"{family}.json"
    if not path.exists():
        pytest.skip(f"the reference vectors are not beside the checkout: {path}")
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def check(family: str, compute: Any) -> None:
    """Every expected number that `compute` returns agrees; it must return some of every case."""
    vectors = read_family(family)
    for case in vectors["cases"]:
        got = compute(case["input"])
        for name in got:
            want = case["expected"][name]
            expected = want and pytest.approx(want, abs=vectors["abs_tol"], rel=vectors["rel_tol"])
            assert got[name] == expected, f"{family} {case['id']} {name}"


def scale_with(ratings: int, top: int) -> Scale:
    positive = frozenset(range(ratings - top + 1, ratings + 1))
    return Scale(f"answers-{ratings}", tuple(map(str, range(ratings))), frozenset({1}), positive)


def counts_of(scale: Scale, ratings: list[int], **others: Any) -> Counts:
    given = tuple(ratings)
    return Counts(scale, ratings=given, raw=given, events=1, rated_contacts=given, **others)


def ends(interval: intervals.Interval | None, prefix: str = "") -> dict[str, float | None]:
    lower, upper = interval or (None, None)
    return {f"{prefix}lower": lower, f"{prefix}upper": upper}


def test_share_intervals_are_the_reference_ones() -> None:
    def compute(case: dict[str, Any]) -> dict[str, Any]:
        method = getattr(intervals, case["method"])
        return ends(method(case["k"], case["n"], case["level"]))

    check("share_interval", compute)


def test_csat_is_the_reference_one() -> None:
    def compute(case: dict[str, Any]) -> dict[str, Any]:
        counts = counts_of(scale_with(len(case["counts"]), case["top"]), case["counts"])
        scores = [formula(counts, 0.95) for formula in (csat, csat_mean, csat_index)]
        return {
            "n": scores[0].n,
            **dict(zip(("share", "mean", "index"), [s.value for s in scores], strict=True)),
        }

    check("csat", compute)


def test_nps_is_the_reference_one() -> None:
    def compute(case: dict[str, Any]) -> dict[str, Any]:
        counts = counts_of(SCALES["nps"], case["counts"])
        groups = counts.negative, counts.responses - counts.negative - counts.positive, counts.positive
        score = nps(counts, case["level"])
        return {
            "n": score.n,
            "score": score.value,
            "se": intervals.nps_standard_error(*groups) if score.n else None,
            **ends(intervals.nps_wald(*groups, case["level"]), "wald_"),
            **ends(score.interval, "adjusted_"),
        }

    check("nps", compute)


def test_happy_index_and_its_posterior_are_the_reference_ones() -> None:
    def compute(case: dict[str, Any]) -> dict[str, Any]:
        scale = scale_with(len(case["counts"]), 1)
        weights = tuple(case["weights"])
        score: Estimate = HappyIndex({scale.id: weights})(counts_of(scale, case["counts"]), 0.95)
        belief = intervals.dirichlet_posterior(case["counts"], weights, case["prior"])
        return {"n": score.n, "score": score.value, "posterior_mean": belief.mean, "posterior_sd": belief.sd}

    check("smile_index", compute)


def test_relative_score_is_the_reference_one() -> None:
    scale = scale_with(2, 1)

    def compute(case: dict[str, Any]) -> dict[str, Any]:
        calibration = Calibration(Audit(**case["precision"]), Audit(**case["recall"]))
        votes = [case["negative"], case["positive"]]
        counts = counts_of(scale, votes, contacts=case["counted"], calibration=calibration)
        dissatisfied = relative_dissatisfaction(counts, case["level"])
        return {
            "contacts": people_served(case["counted"], calibration),
            "dissatisfied": dissatisfied.value,
            "response_rate": response_rate(counts, case["level"]).value,
            "silent": silent_share(counts, case["level"]).value,
            **ends(dissatisfied.interval),
        }

    check("relative_score", compute)
