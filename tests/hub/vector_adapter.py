"""The reference vectors in the product's words: each function only translates a case and its answer."""

from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any

from tillsight_hub.calendar import WEEKDAYS, OpeningHours, PlaceCalendar
from tillsight_hub.metrics import (
    advocacy,
    arrivals,
    bounds,
    charts,
    comparison,
    drivers,
    effort,
    gaps,
    intervals,
    prevalence,
    relative,
    rivals,
    satisfaction,
    sellers,
    value,
)
from tillsight_hub.metrics import servqual as service
from tillsight_hub.metrics import suppression as small_cells
from tillsight_hub.metrics import weighted as weights
from tillsight_hub.metrics.counts import Audit, Calibration, Counts
from tillsight_hub.metrics.expressions import Expressions, Frames, expressions
from tillsight_hub.metrics.intervals import Interval
from tillsight_hub.metrics.responses import HappyIndex, csat_index, csat_mean
from tillsight_hub.metrics.responses import csat as top_box
from tillsight_hub.metrics.responses import nps as net_promoters
from tillsight_hub.metrics.shrinkage import likelihood_prior, moments_prior, shrunk
from tillsight_hub.periods import Period, bucket_of, open_minutes_by_hour
from tillsight_hub.periods import hour_profile as profile
from tillsight_models.scales import SCALES, Scale

Case = dict[str, Any]


# --- Shares and means of those who answered --------------------------------------------------------------


def share_interval(case: Case) -> Case:
    k, n = case["k"], case["n"]
    found = getattr(intervals, case["method"])(k, n, case["level"])
    return {"estimate": k / n if n else None, **ends(found)}


def weighted_share(case: Case) -> Case:
    found = weights.weighted_share(case["y"], case["weights"], case["level"])
    if found is None:
        return {"estimate": None, "n_eff": None, **ends(None)}
    return {"estimate": found.estimate, "n_eff": found.n_effective, **ends(found.interval)}


def csat(case: Case) -> Case:
    counts = counts_of(scale_with(len(case["counts"]), case["top"]), case["counts"])
    share, mean, index = (formula(counts, 0.95) for formula in (top_box, csat_mean, csat_index))
    return {"n": share.n, "share": share.value, "mean": mean.value, "index": index.value}


def nps(case: Case) -> Case:
    score = net_promoters(counts_of(SCALES["nps"], case["counts"]), case["level"])
    groups = nps_groups(case["counts"])
    return {
        "n": score.n,
        "score": score.value,
        "se": intervals.nps_standard_error(*groups) if score.n else None,
        **ends(intervals.nps_wald(*groups, case["level"]), "wald_"),
        **ends(score.interval, "adjusted_"),
    }


def smile_index(case: Case) -> Case:
    counts, steps = case["counts"], tuple(case["weights"])
    scale = scale_with(len(counts), 1)
    score = HappyIndex({scale.id: steps})(counts_of(scale, counts), 0.95)
    belief = intervals.dirichlet_posterior(counts, steps, case["prior"])
    return {
        "n": score.n,
        "score": score.value,
        "se": intervals.mean_standard_error(counts, steps),
        "posterior_mean": belief and belief.mean,
        "posterior_sd": belief and belief.sd,
    }


def ces(case: Case) -> Case:
    counts = case["counts"]
    question = {"1.0": effort.CES_1, "2.0": effort.CES_2}[case["version"]]
    mean = effort.effort_mean(counts, 0.95)
    return {
        "n": mean.n,
        "mean": mean.value,
        "easy_share": effort.easy_share(counts, question, 0.95).value,
        "net": effort.net_ease(counts, question, 0.95).value,
    }


def womi(case: Case) -> Case:
    found = advocacy.word_of_mouth(case["recommend"], case["discourage"], 0.95)
    if found is None:
        return {"n": 0, **dict.fromkeys(("score", "se", "nps_detractors", "womi_detractors"))}
    return {
        "n": found.score.n,
        "score": found.score.value,
        "se": found.standard_error,
        "nps_detractors": found.nps_detractors,
        "womi_detractors": found.true_detractors,
    }


def csi(case: Case) -> Case:
    return {"index": satisfaction.satisfaction_index(case["means"], case["weights"], *case["scale"])}


def servqual(case: Case) -> Case:
    found = service.servqual(case["expectation"], case["perception"], case["weights"], 0.95)
    return {
        "gaps": [gap.value for gap in found.gaps],
        "unweighted": found.unweighted,
        "weighted": found.weighted,
    }


def experience_gap(case: Case) -> Case:
    found = gaps.experience_gap(case["reference"], case["actual"], case["level"])
    return {"n": found.n, "gap": found.value, **ends(found.interval)}


# --- Of everyone served ----------------------------------------------------------------------------------


def relative_score(case: Case) -> Case:
    calibration = Calibration(Audit(**case["precision"]), Audit(**case["recall"]))
    votes = [case["negative"], case["positive"]]
    counts = counts_of(scale_with(2, 1), votes, contacts=case["counted"], calibration=calibration)
    dissatisfied = relative.relative_dissatisfaction(counts, case["level"])
    return {
        "contacts": relative.people_served(case["counted"], calibration),
        "dissatisfied": dissatisfied.value,
        "response_rate": relative.response_rate(counts, case["level"]).value,
        "silent": relative.silent_share(counts, case["level"]).value,
        **ends(dissatisfied.interval),
    }


def manski_bounds(case: Case) -> Case:
    found = bounds.worst_case_bounds(case["negative"], case["positive"], case["silent"], case["level"])
    if found is None:
        return {**ends(None), **ends(None, "ci_")}
    return {"lower": found.lower, "upper": found.upper, **ends(found.interval, "ci_")}


def selection_bounds(case: Case) -> Case:
    return ends(bounds.selection_bounds(case["negative"], case["positive"], tuple(case["boost"])))


def seller_activity(case: Case) -> Case:
    found = sellers.seller_activity(
        case["attempts"], case["sales"], case["visitors"], case.get("level", 0.95)
    )
    return {
        "exact_conversion": found.exact_conversion,
        "closing_rate": found.closing_rate.value,
        "reach_rate": found.reach_rate.value,
        **ends(found.closing_rate.interval, "closing_"),
        **ends(found.reach_rate.interval, "reach_"),
    }


# --- What a classifier says of faces ---------------------------------------------------------------------


def adjusted_count(case: Case) -> Case:
    sensitivity, specificity = Audit(**case["sensitivity"]), Audit(**case["specificity"])
    found = prevalence.adjusted_count(case["positives"], case["n"], sensitivity, specificity, case["level"])
    if found is None:
        return {"estimate": None, **ends(None)}
    return {"estimate": found.estimate, **ends(found.interval)}


def adjusted_count_multiclass(case: Case) -> Case:
    found = prevalence.class_shares(case["predicted"], case["validation"])
    names = ("classify_and_count", "inverse", "simplex")
    return dict(zip(names, found or (None,) * 3, strict=True))


def emotion_aggregate(case: Case) -> Case:
    tracks = [(track["visit"], track["frames"] and Frames(*track["frames"])) for track in case["tracks"]]
    return dict(zip(Expressions._fields, expressions(tracks), strict=True))


# --- One touchpoint among many, now and before -----------------------------------------------------------


def shrinkage(case: Case) -> Case:
    k, n = case["k"], case["n"]
    prior = moments_prior(k, n)
    if prior is None:
        nothing = [None] * len(k)
        return {"mean": None, "strength": None, "estimate": nothing, "lower": nothing, "upper": nothing}
    places = [shrunk(*votes, prior, case["level"]) for votes in zip(k, n, strict=True)]
    return {
        "mean": prior.mean,
        "strength": prior.strength,
        "estimate": [place.estimate for place in places],
        "lower": [place.interval.lower for place in places],
        "upper": [place.interval.upper for place in places],
    }


def beta_binomial_ml(case: Case) -> Case:
    fit = likelihood_prior(case["k"], case["n"])
    if fit is None:
        return {"mean": None, "strength": None, "loglik": None}
    return {"mean": fit.prior.mean, "strength": fit.prior.strength, "loglik": fit.loglik}


def happyornot_ranking(case: Case) -> Case:
    return {"score": rivals.weighted_ranking(case["index"], case["responses"])}


def share_change(case: Case) -> Case:
    change = comparison.share_change(case["k1"], case["n1"], case["k2"], case["n2"], case["level"])
    if change is None:
        return {"difference": None, **ends(None)}
    return {"difference": change.value, **ends(change.interval)}


def nps_change(case: Case) -> Case:
    change = comparison.nps_change(nps_groups(case["before"]), nps_groups(case["after"]))
    names = ("difference", "se", "z", "p_value")
    return dict(zip(names, change or (None,) * 4, strict=True))


def false_discovery(case: Case) -> Case:
    return {"adjusted": comparison.false_discovery(case["p_values"])}


# --- Control charts --------------------------------------------------------------------------------------


def bernoulli_cusum(case: Case) -> Case:
    return charts.bernoulli_cusum(case["x"], case["p0"], case["p1"], case["h"])._asdict()


def cusum_arl(case: Case) -> Case:
    up, limit = int(case["up"]), ceil(case["limit"])
    return {f"arl{i}": charts.cusum_run_length(case[f"p{i}"], up, limit) for i in (0, 1)}


def ewma(case: Case) -> Case:
    chart = charts.ewma(case["k"], case["n"], case["p0"], case["weight"], case["limit"])
    return {"z": chart.z, "ucl": chart.upper_limits, "alarms": chart.alarms}


def p_chart(case: Case) -> Case:
    chart = charts.p_chart(case["k"], case["n"], case["sigma"])
    return {"center": chart.center, "lcl": chart.lower_limits, "ucl": chart.upper_limits, "out": chart.out}


# --- What moves the outcome, and what it is worth --------------------------------------------------------


def key_drivers(case: Case) -> Case:
    found = drivers.key_drivers(case["correlations"])
    return found._asdict() if found else dict.fromkeys(drivers.Drivers._fields)


def clv_rocxi(case: Case) -> Case:
    names = ("margin", "discount", "customers_before", "customers_after", "cost")
    programme = value.Programme(**{name: case[name] for name in names})
    found = value.value_change(programme, case["retention"], case["retention_after"])
    return dict(zip(("clv_before", "clv_after", "gain", "rocxi"), found, strict=True))


# --- Cleaning and small cells ----------------------------------------------------------------------------


def burst_tail(case: Case) -> Case:
    return {"p_value": arrivals.burst_tail(case["rate_per_s"], case["window_s"], case["k"])}


def response_interval(case: Case) -> Case:
    return {"accepted": rivals.response_interval(case["times"], case["interval_s"])}


def suppression(case: Case) -> Case:
    return {"published": small_cells.published(case["cells"], case["k"], case["total_published"])}


# --- Calendar --------------------------------------------------------------------------------------------


def calendar_day(case: Case) -> Case:
    start, end = PlaceCalendar(case["tz"]).day_bounds(case["date"])
    return {"start": utc(start), "end": utc(end), "hours": (end - start) / 3_600_000}


def calendar_bucket(case: Case) -> Case:
    calendar = PlaceCalendar(case["tz"])
    return {"rows": [local_bucket(calendar.local(ms(instant))) for instant in case["utc"]]}


def local_bucket(local: datetime) -> Case:
    day = local.date().isoformat()
    offset = local.utcoffset()
    assert offset is not None
    return {
        "local": local.replace(tzinfo=None).isoformat(timespec="seconds"),
        "offset_min": offset // timedelta(minutes=1),
        "date": day,
        "hour": local.hour,
        "weekday": local.isoweekday(),
        "iso_week": bucket_of(day, "week"),
        "month": bucket_of(day, "month"),
    }


def opening_hours(case: Case) -> Case:
    spans = daily_calendar(case).open_intervals(case["date"])
    opens, closes = map(utc, spans[0]) if spans else (None, None)
    return {"open": opens, "close": closes, "minutes": daily_calendar(case).open_minutes(case["date"])}


def business_day(case: Case) -> Case:
    calendar = daily_calendar(case)
    instants = map(ms, case["utc"])
    return {"business_date": [calendar.business_day(at) if calendar.is_open(at) else None for at in instants]}


def hour_profile(case: Case) -> Case:
    calendar = daily_calendar(case)
    last = date.fromisoformat(case["start"]) + timedelta(days=case["days"] - 1)
    period = Period.between(case["start"], last.isoformat())
    return {
        "open_minutes": open_minutes_by_hour(calendar, period),
        "per_hour": profile(calendar, period, map(ms, case["events"])),
    }


# --- Translating -----------------------------------------------------------------------------------------


def daily_calendar(case: Case) -> PlaceCalendar:
    """With the same hours every day."""
    hours = [f"{case['open']}-{case['close']}"]
    return PlaceCalendar(case["tz"], OpeningHours.parse(dict.fromkeys(WEEKDAYS, hours)))


def ms(instant: str) -> int:
    return (datetime.fromisoformat(instant) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def scale_with(ratings: int, top: int) -> Scale:
    positive = frozenset(range(ratings - top + 1, ratings + 1))
    return Scale(f"answers-{ratings}", tuple(map(str, range(ratings))), frozenset({1}), positive)


def counts_of(scale: Scale, ratings: list[int], **others: Any) -> Counts:
    given = tuple(ratings)
    return Counts(scale, ratings=given, raw=given, events=1, rated_contacts=given, **others)


def ends(interval: Interval | None, prefix: str = "") -> dict[str, float | None]:
    lower, upper = interval or (None, None)
    return {f"{prefix}lower": lower, f"{prefix}upper": upper}


def nps_groups(counts: list[int]) -> tuple[int, int, int]:
    return sum(counts[:7]), sum(counts[7:9]), sum(counts[9:])
