"""Standings: shrunk scores, intervals of ranks, and ties where nobody can know the order."""

from dataclasses import replace

import numpy as np
import pytest

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import Audit, Calibration, Counts
from tillsight_hub.metrics.registry import Score
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.metrics.shrinkage import moments_prior, shrunk
from tillsight_hub.scores.ranking import Standing, ranked, worst_of
from tillsight_models.scales import SCALES

METRICS = catalogue(MetricSettings())
AUDIT = Calibration(precision=Audit(95, 100), recall=Audit(90, 100))


def counts_of(*ratings: int, contacts: int | None = None, scale: str = "smiley-4") -> Counts:
    return Counts(
        SCALES[scale],
        ratings=ratings,
        raw=ratings,
        events=1,
        contacts=contacts,
        contact_sources=frozenset({"presence"} if contacts else ()),
        rated_contacts=ratings if contacts else (),
        calibration=AUDIT if contacts else None,
    )


def scores_of(metric: str, **counts: Counts) -> dict[str, Score]:
    return {key: METRICS[metric].score(some) for key, some in counts.items()}


def standings_of(metric: str, **counts: Counts) -> dict[str, Standing]:
    return ranked(scores_of(metric, **counts), METRICS[metric])


def test_a_share_is_shrunk_towards_its_chain_by_the_votes_it_rests_on() -> None:
    votes = {"a": (20, 40), "b": (300, 400), "c": (170, 200)}
    found = standings_of("csat", **{key: counts_of(n - k, 0, 0, k) for key, (k, n) in votes.items()})
    prior = moments_prior(*zip(*votes.values(), strict=True))
    assert prior is not None
    for key, (k, n) in votes.items():
        expected = shrunk(k, n, prior, 0.95)
        assert found[key].shrunk_value == pytest.approx(expected.estimate)
        assert (found[key].shrunk_lower, found[key].shrunk_upper) == pytest.approx(tuple(expected.interval))


def test_who_is_surely_better_leads_and_who_is_not_ties() -> None:
    found = standings_of(
        "csat",
        bad=counts_of(150, 50, 100, 100),
        fine=counts_of(40, 40, 150, 170),
        good=counts_of(40, 36, 150, 174),
    )
    assert found["bad"].ties == ()
    assert (found["bad"].rank, found["bad"].rank_low, found["bad"].rank_high) == (3, 3, 3)
    assert (found["fine"].ties, found["good"].ties) == (("good",), ("fine",))
    assert (found["good"].rank_low, found["good"].rank_high) == (1, 2)
    assert found["bad"].p_worst == 1
    assert found["bad"].p_adjusted is not None
    assert found["bad"].p_adjusted < 0.001


@pytest.mark.parametrize(
    ("metric", "best"),
    [
        ("relative_dissatisfaction", "calm"),
        ("relative_satisfaction", "calm"),
        ("response_rate", "angry"),
        ("silent_share", "angry"),
    ],
)
def test_the_best_of_those_served_is_the_end_that_the_metric_means(metric: str, best: str) -> None:
    found = standings_of(
        metric,
        calm=counts_of(10, 10, 60, 60, contacts=2000),
        angry=counts_of(150, 150, 30, 30, contacts=2000),
    )
    assert found[best].rank == 1
    assert found[best].ties == ()
    shown = [each.shrunk_value or 0 for each in found.values()]
    scores = scores_of(metric, calm=counts_of(10, 10, 60, 60, contacts=2000))["calm"].value
    assert shown[0] == pytest.approx(scores, rel=0.1)
    assert all((each.shrunk_lower or 0) < (each.shrunk_upper or 0) for each in found.values())


def test_nobody_dissatisfied_is_ranked_without_being_certain() -> None:
    found = standings_of(
        "relative_dissatisfaction",
        none=counts_of(0, 0, 10, 10, contacts=60),
        some=counts_of(3, 3, 60, 60, contacts=600),
    )
    assert found["none"].ties == ("some",)
    assert (found["none"].rank_low, found["none"].rank_high) == (1, 2)


def test_few_answers_are_listed_with_the_reason_and_move_nobody() -> None:
    many = {"a": counts_of(10, 10, 40, 40), "b": counts_of(30, 10, 40, 20)}
    alone = standings_of("csat", **many)
    found = standings_of("csat", **many, few=counts_of(0, 0, 0, 29), none=counts_of(0, 0, 0, 0))
    assert found["few"].reason == "low_n: rests on 29, a comparison needs 30"
    assert found["none"].reason == "no_data: rests on 0, a comparison needs 30"
    assert found["few"].rank is None
    assert {key: found[key] for key in many} == alone


def test_an_nps_needs_fifty_answers() -> None:
    eleven = (0,) * 7
    found = standings_of(
        "nps",
        a=counts_of(*eleven, 10, 10, 10, 19, scale="nps"),
        b=counts_of(*eleven, 10, 10, 10, 20, scale="nps"),
        c=counts_of(20, *eleven[1:], 10, 10, 10, 20, scale="nps"),
    )
    assert [found[key].rank for key in "abc"] == [None, 1, 2]


def test_a_counter_that_misses_people_is_not_compared() -> None:
    found = standings_of(
        "response_rate",
        a=counts_of(10, 10, 40, 40, contacts=50),
        b=counts_of(10, 10, 40, 40, contacts=500),
        c=counts_of(10, 10, 40, 80, contacts=500),
    )
    assert found["a"].reason == "counter under-counts: the counter misses people"
    assert found["b"].rank is not None


def test_one_alone_has_no_rank() -> None:
    assert standings_of("csat", a=counts_of(10, 10, 40, 40))["a"].reason == "nothing to compare it with"
    assert ranked({}, METRICS["csat"]) == {}


def test_touchpoints_that_are_all_alike_all_tie() -> None:
    found = standings_of("happy_index", **{key: counts_of(10, 10, 40, 40) for key in "abcdefgh"})
    for key, standing in found.items():
        assert len(standing.ties) == 7, key
        assert (standing.rank_low, standing.rank_high) == (1, 8), key
        assert standing.p_worst == pytest.approx(1 / 8, abs=0.03), key


def test_the_same_scores_give_the_same_standings_in_any_order() -> None:
    scores = scores_of(
        "csat", a=counts_of(10, 10, 40, 40), b=counts_of(12, 10, 40, 40), c=counts_of(8, 10, 44, 40)
    )
    metric = METRICS["csat"]
    assert ranked(scores, metric) == ranked(dict(reversed(scores.items())), metric)


def test_a_wider_level_makes_wider_ranks() -> None:
    scores = scores_of("csat", **{f"t{n}": counts_of(10 + n, 10, 40, 40) for n in range(12)})
    narrow, wide = (ranked(scores, METRICS["csat"], level) for level in (0.9, 0.99))
    for key in scores:
        assert (narrow[key].rank_low or 0) >= (wide[key].rank_low or 0), key
        assert (narrow[key].rank_high or 0) <= (wide[key].rank_high or 0), key


def test_an_eighth_of_the_touchpoints_are_the_worst_and_at_least_one() -> None:
    assert [worst_of(n) for n in (2, 8, 15, 16, 40)] == [1, 1, 1, 2, 5]


@pytest.mark.parametrize("metric", ["csat", "csat_index", "relative_dissatisfaction"])
def test_rank_intervals_hold_the_true_rank_as_often_as_they_say(metric: str) -> None:
    rng = np.random.default_rng(4)
    inside, called, right = 0, 0.0, 0
    chains, places = 40, 24
    for _ in range(chains):
        unhappy = rng.beta(12, 88, places)
        votes = rng.integers(40, 400, places)
        negative = rng.binomial(votes, unhappy)
        counts = {
            f"t{at}": counts_of(int(k), 0, 0, int(n - k), contacts=int(4 * n))
            for at, (k, n) in enumerate(zip(negative, votes, strict=True))
        }
        found = standings_of(metric, **counts)
        truth = 1 + np.argsort(np.argsort(unhappy))
        for at, key in enumerate(counts):
            standing = found[key]
            assert standing.rank_low is not None
            assert standing.rank_high is not None
            inside += standing.rank_low <= truth[at] <= standing.rank_high
            if (standing.p_worst or 0) > 0.5:
                called += standing.p_worst or 0
                right += bool(truth[at] > places - worst_of(places))
    assert 0.92 <= inside / (chains * places) <= 0.995
    assert right == pytest.approx(called, rel=0.25)


def test_a_chain_without_differences_has_hardly_any_touchpoint_that_differs() -> None:
    rng = np.random.default_rng(5)
    called = 0
    for _ in range(40):
        votes = rng.binomial(200, 0.15, 20)
        counts = {f"t{at}": counts_of(int(k), 0, 0, int(200 - k)) for at, k in enumerate(votes)}
        found = standings_of("csat", **counts)
        called += any((each.p_adjusted or 1) < 0.05 for each in found.values())
    assert called <= 6


def test_a_withheld_score_is_not_ranked() -> None:
    scores = scores_of("csat", a=counts_of(10, 10, 40, 40), b=counts_of(9, 10, 40, 40))
    hidden = replace(scores["a"], value=None, lower=None, upper=None, status="suppressed")
    assert ranked(scores | {"a": hidden}, METRICS["csat"])["a"].rank is None


def test_what_has_only_bounds_is_not_ranked() -> None:
    found = standings_of(
        "dissatisfied_among_all",
        a=counts_of(10, 10, 40, 40, contacts=1000),
        b=counts_of(30, 10, 40, 40, contacts=1000),
    )
    assert {each.reason for each in found.values()} == {"the data leave it open: it has bounds and no value"}
