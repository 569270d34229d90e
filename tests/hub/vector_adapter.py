"""The reference vectors in the product's words: each function only translates a case and its answer."""

from typing import Any

from tillsight_hub.metrics import bounds, charts, comparison, drivers, prevalence, sellers
from tillsight_hub.metrics.counts import Audit
from tillsight_hub.metrics.intervals import Interval
from tillsight_hub.metrics.shrinkage import likelihood_prior, moments_prior, shrunk

Case = dict[str, Any]


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


def bernoulli_cusum(case: Case) -> Case:
    return charts.bernoulli_cusum(case["x"], case["p0"], case["p1"], case["h"])._asdict()


def cusum_arl(case: Case) -> Case:
    up, limit = case["up"], case["limit"]
    return {f"arl{i}": charts.cusum_run_length(case[f"p{i}"], up, limit) for i in (0, 1)}


def ewma(case: Case) -> Case:
    chart = charts.ewma(case["k"], case["n"], case["p0"], case["weight"], case["limit"])
    return {"z": chart.z, "ucl": chart.upper_limits, "alarms": chart.alarms}


def p_chart(case: Case) -> Case:
    chart = charts.p_chart(case["k"], case["n"], case["sigma"])
    return {"center": chart.center, "lcl": chart.lower_limits, "ucl": chart.upper_limits, "out": chart.out}


def manski_bounds(case: Case) -> Case:
    found = bounds.worst_case_bounds(case["negative"], case["positive"], case["silent"], case["level"])
    if found is None:
        return {**ends(None), **ends(None, "ci_")}
    return {"lower": found.lower, "upper": found.upper, **ends(found.interval, "ci_")}


def selection_bounds(case: Case) -> Case:
    return ends(bounds.selection_bounds(case["negative"], case["positive"], tuple(case["boost"])))


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


def key_drivers(case: Case) -> Case:
    found = drivers.key_drivers(case["correlations"])
    return found._asdict() if found else dict.fromkeys(drivers.Drivers._fields)


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


def ends(interval: Interval | None, prefix: str = "") -> dict[str, float | None]:
    lower, upper = interval or (None, None)
    return {f"{prefix}lower": lower, f"{prefix}upper": upper}


def nps_groups(counts: list[int]) -> tuple[int, int, int]:
    return sum(counts[:7]), sum(counts[7:9]), sum(counts[9:])
