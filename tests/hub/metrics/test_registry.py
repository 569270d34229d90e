"""The catalogue: what every metric says about itself, and how a score gets its status."""

from dataclasses import fields, replace
from typing import Any

import pytest
from tests.harness.asking import asking, people

from tillsight_hub.errors import UnknownMetric
from tillsight_hub.metrics.analyses import ANALYSES
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import FLAGS, Audit, Calibration, Counts
from tillsight_hub.metrics.questions import PUBLISHED, USUAL
from tillsight_hub.metrics.registry import STATUSES
from tillsight_hub.metrics.servqual import DIMENSIONS
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig
from tillsight_models.scales import SCALES

METRICS = catalogue(MetricSettings())
FOUR = SCALES["smiley-4"]
VALIDATION = ((80, 15, 5, 0), (10, 80, 10, 0), (5, 35, 60, 0))


SOLD: dict[str, Any] = {
    "attempts": 60,
    "receipts": 30,
    "visitors": 200,
    "attempt_ms": 60 * 90_000,
    "attempt_square": 600_000,
    "sales_amount": 45_000,
    "check_reports": 30,
    "check_receipts": 30,
    "check_square": 750_000,
}
ASKED = {asked: points for asked, points in (PUBLISHED | USUAL).items() if "servqual" not in asked}
ANSWERED = people(
    *(
        {
            "times": 30,
            **{asked: (low, (low + high) // 2, high)[step] for asked, (low, high) in ASKED.items()},
            "wanted": 4,
            "found": [4 + step] * 5,
            "expected": 3,
            "ideal": 10,
        }
        for step in range(3)
    )
)
"""Of people who answered everything, some worse than others."""


def counts(*ratings: int, **others: Any) -> Counts:
    return replace(Counts(FOUR, ratings=ratings, raw=ratings, events=1, presses=sum(ratings)), **others)


def test_every_metric_says_what_it_is() -> None:
    known = {field.name for field in fields(Counts)}
    for metric in METRICS:
        assert metric.name, metric.id
        assert metric.formula, metric.id
        assert metric.source, metric.id
        assert metric.version >= 1, metric.id
        assert set(metric.inputs) <= known, metric.id


def test_the_catalogue_holds_everything_that_is_asked_pressed_seen_or_sold() -> None:
    """Whatever the notes on metrics name: by family, so that none is dropped unnoticed."""
    families = {
        "of presses": {"csat", "csat_mean", "csat_index", "happy_index", "nps", "share_rating_1"},
        "of everyone served": {
            *("response_rate", "silent_share", "relative_dissatisfaction", "relative_satisfaction"),
            *("dissatisfied_among_all", "dissatisfied_by_eagerness", "contacts"),
        },
        "of faces": {"positive_emotion_share", "negative_emotion_share", "person_valence"},
        "of questionnaires": {
            *("survey_nps", "survey_csat", "csi", "womi", "experience_gap", "ideal_gap"),
            *(f"{version}{part}" for version in ("ces1", "ces2") for part in ("", "_easy", "_net")),
            *("servqual", "servqual_unweighted", *(f"servqual_{name}" for name in DIMENSIONS)),
        },
        "of sellers": {
            *("exact_conversion", "closing_rate", "visitor_reach", "attempt_duration", "average_check"),
        },
    }
    known = {metric.id for metric in METRICS}
    for family, metrics in families.items():
        assert not (missing := metrics - known), (family, missing)


def test_analyses_say_what_they_are_as_metrics_do() -> None:
    assert {analysis.id for analysis in ANALYSES} == {"key_drivers", "cx_forces", "clv_rocxi"}
    for analysis in ANALYSES:
        assert all(bool(getattr(analysis, field.name)) for field in fields(analysis)), analysis.id
        assert analysis.minimum_n >= 30


def test_net_scores_need_fifty_answers_where_that_is_the_custom() -> None:
    needs = {metric.id: metric.minimum_n for metric in METRICS}
    assert (needs["survey_nps"], needs["womi"], needs["nps"], needs["csi"]) == (50, 50, 50, 30)


def test_every_metric_with_answers_has_an_interval_that_it_names() -> None:
    full = {
        scale.id: Counts(
            scale,
            ratings=(20,) * scale.ratings,
            raw=(20,) * scale.ratings,
            events=1,
            contacts=5000,
            rated_contacts=(20,) * scale.ratings,
            calibration=Calibration(Audit(90, 100), Audit(95, 100), validation=VALIDATION),
            emotions=(300, 500, 100, 80),
            **SOLD,
            answers=ANSWERED,
        )
        for scale in SCALES.values()
    }
    for scale_counts in full.values():
        for score in catalogue(asking()).scores(scale_counts):
            assert score.status == "ok", score
            assert score.lower is not None and score.upper is not None, score
            if score.interval_method == "exact":
                assert score.lower == score.value == score.upper, score
            elif score.value is not None:
                assert score.lower < score.value < score.upper, score
            else:
                assert score.bound_lower is not None and score.bound_upper is not None, score
                assert score.lower < score.bound_lower < score.bound_upper < score.upper, score
                assert score.assumption, score


def test_a_scale_gets_only_the_metrics_that_are_defined_for_it() -> None:
    of_smileys = {score.metric for score in METRICS.scores(counts(1, 1, 1, 1))}
    of_nps = {score.metric for score in METRICS.scores(Counts.none_yet(SCALES["nps"]))}
    assert "share_rating_4" in of_smileys
    assert not of_smileys & {"nps", "share_rating_5"}
    assert {"nps", "share_rating_11", "relative_dissatisfaction"} <= of_nps
    assert not of_nps & {"csat", "csat_mean", "csat_index", "happy_index"}


def test_raw_presses_and_accepted_responses_are_both_told() -> None:
    both = counts(1, 2, 3, 4, presses=15, repeats=4, undone=1)
    assert METRICS["presses"].score(both).value == 15
    assert METRICS["responses"].score(both).value == 10


def test_no_press_from_a_device_that_lives_is_zero_and_from_a_silent_one_unknown() -> None:
    alive, silent = counts(0, 0, 0, 0), counts(0, 0, 0, 0, events=0)
    assert (METRICS["presses"].score(alive).value, METRICS["presses"].score(alive).status) == (0, "ok")
    assert (METRICS["presses"].score(silent).value, METRICS["presses"].score(silent).status) == (
        None,
        "no_data",
    )


def test_presses_on_another_scale_are_flagged_on_every_number() -> None:
    assert all("other-scale" in score.flags for score in METRICS.scores(counts(9, 9, 9, 9, other_scale=1)))


def test_lost_events_make_a_number_partial() -> None:
    score = METRICS["csat"].score(counts(20, 0, 0, 20, doubts=frozenset({"incomplete"})))
    assert (score.status, score.flags, score.value) == ("partial", ("incomplete",), 0.5)


def test_a_number_with_several_defects_has_the_status_of_the_worst() -> None:
    doubtful = counts(4, 4, 4, 4, doubts=frozenset({"incomplete"}))
    assert METRICS["csat"].score(doubtful).status == "low_n"


def test_a_higher_level_gives_a_wider_interval() -> None:
    narrow, wide = (METRICS["csat"].score(counts(9, 9, 9, 9), level) for level in (0.9, 0.99))
    assert narrow.lower is not None and wide.lower is not None
    assert wide.lower < narrow.lower
    assert (narrow.level, wide.level) == (0.9, 0.99)


def test_flags_and_statuses_are_all_explained() -> None:
    odd = counts(9, 9, 9, 9, other_scale=1, contacts=20, rated_contacts=(9, 9, 9, 0))
    scores = [*METRICS.scores(odd), *METRICS.scores(counts(0, 0, 0, 1))]
    assert {flag for score in scores for flag in score.flags} <= set(FLAGS)
    assert {score.status for score in scores} <= set(STATUSES)


def test_contacts_at_some_touchpoints_only_do_not_mix_with_votes_from_the_others() -> None:
    with_counter = Counts.from_rollup(
        {"events": 1, "rating_1": 5, "rating_4": 5, "contacts_presence": 100}, FOUR, "presence"
    )
    without = Counts.from_rollup({"events": 1, "rating_1": 95}, FOUR, None)
    score = METRICS["relative_dissatisfaction"].score(with_counter + without)
    assert score.value == pytest.approx(0.05)
    assert "contacts-partly" in score.flags


def test_counts_add_up() -> None:
    row = {
        "events": 9,
        "presses": 7,
        "rating_2": 3,
        "raw_2": 5,
        "repeats": 2,
        "contacts_pos": 50,
        "closed": 1,
    }
    one = Counts.from_rollup(row, FOUR, "pos")
    two = one + one
    assert (two.ratings, two.raw) == ((0, 6, 0, 0), (0, 10, 0, 0))
    assert (two.events, two.presses, two.repeats, two.contacts, two.closed) == (18, 14, 4, 100, 2)
    assert one + Counts.none_yet(FOUR, "pos") == one


def test_counts_of_two_scales_do_not_add_up() -> None:
    with pytest.raises(ValueError, match="smiley-4 and nps"):
        Counts.none_yet(FOUR) + Counts.none_yet(SCALES["nps"])


def test_an_unknown_metric_is_named_with_the_known_ones() -> None:
    with pytest.raises(UnknownMetric, match="'nsp': expected one of presses, responses"):
        METRICS.chosen(["csat", "nsp"])


def test_chosen_metrics_keep_the_order_of_the_catalogue() -> None:
    assert [metric.id for metric in METRICS.chosen(["contacts", "csat"])] == ["csat", "contacts"]
    assert len(list(METRICS.chosen([]))) == len(list(METRICS))


def test_happy_index_weights_can_be_set_and_are_kept_with_the_result() -> None:
    settings = read_settings({"happy_index_weights": {"smiley-4": [0, 0, 50, 100]}}, MetricSettings)
    score = catalogue(settings)["happy_index"].score(counts(10, 10, 10, 10))
    assert (score.value, score.weights) == (37.5, (0, 0, 50, 100))


@pytest.mark.parametrize(
    ("weights", "problem"),
    [
        ({"smiley-4": [0, 50, 100]}, "smiley-4: expected 4 weights"),
        ({"smiley-4": [0, 50, 40, 100]}, "none below the one before it"),
        ({"smiley-6": [0, 100]}, "smiley-6"),
        ({"yes-no": [0, 101]}, "less than or equal to 100"),
    ],
)
def test_weights_that_do_not_fit_are_refused(weights: dict[str, list[float]], problem: str) -> None:
    with pytest.raises(BadConfig, match=problem):
        read_settings({"happy_index_weights": weights}, MetricSettings)


@pytest.mark.parametrize(
    ("told", "withheld", "status", "n"),
    [
        (0, 3, "suppressed", 3),
        (9, 0, "suppressed", 9),
        (12, 13, "suppressed", 25),
        (40, 5, "partial", 40),
        (90, 10, "ok", 90),
        (0, 0, "no_data", 0),
    ],
)
def test_a_number_says_when_answers_are_withheld(told: int, withheld: int, status: str, n: int) -> None:
    score = METRICS["csat"].score(counts(told, 0, 0, 0, withheld=withheld))
    assert (score.status, score.n) == (status, n)
    assert (score.value is None) == (status in ("suppressed", "no_data"))
    assert ("small-cells" in score.flags) == (withheld > 0)


def test_a_number_per_contact_is_withheld_by_how_few_answered_and_not_by_how_many_were_served() -> None:
    few = counts(3, 0, 0, 0, contacts=500, rated_contacts=(3, 0, 0, 0))
    assert METRICS["relative_dissatisfaction"].score(few).status == "suppressed"
    assert METRICS["relative_satisfaction"].score(few).value is None
    assert METRICS["response_rate"].score(few).value is not None


def test_what_is_withheld_leaves_its_contacts_out_too_and_stays_in_the_totals() -> None:
    row = {"contacts": 500, "rated_contacts": (10, 0, 0, 30), "withheld": 4, "withheld_rated": 4}
    part = counts(10, 0, 0, 30, withheld_contacts=100, **row)
    assert METRICS["responses"].score(part).value == 44
    assert METRICS["contacts"].score(part).n == 500
    assert METRICS["response_rate"].score(part).n == 500
    assert METRICS["relative_dissatisfaction"].score(part).n == 400


def test_plain_counts_are_told_whatever_is_withheld() -> None:
    score = METRICS["responses"].score(counts(0, 0, 0, 0, withheld=3))
    assert (score.value, score.status, score.flags) == (3, "ok", ())


def test_how_few_is_too_few_can_be_set() -> None:
    strict = catalogue(MetricSettings(), smallest_cell=20)
    assert strict["csat"].score(counts(19, 0, 0, 0)).status == "suppressed"
    assert strict.chosen(["csat"])["csat"].score(counts(20, 0, 0, 0)).status == "low_n"
