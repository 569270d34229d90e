"""Working: a score's formula with its numbers put in, and what these numbers are."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..metrics.answers import Answers
from ..metrics.counts import Calibration, Counted, Counts
from ..metrics.registry import Metric, Score
from ..metrics.relative import Served, correction, served_among, served_of

MINUS = "\N{MINUS SIGN}"
FEW = 4
"""So many counters are written out; more are a sum."""

Value = int | float | str | list[int] | tuple[int, ...] | None


@dataclass(frozen=True)
class Input:
    """One of the counts that a score is made of."""

    name: str
    value: Value
    """A list is by rating (worst first) or by mood; None where nothing counts it."""
    meaning: str


def inputs_of(metric: Metric, counts: Counts) -> list[Input]:
    """What the metric reads, with its values here."""
    found = []
    for name in metric.inputs:
        if name == "apart":
            found += [_counter(part) for part in counts.apart[:FEW]] if counts.apart else []
        elif name == "answers":
            found.append(_answers(counts.answers))
        elif name == "calibration":
            if not counts.apart:
                found.append(Input(name, _audited(counts.calibration), _MEANINGS[name]))
        else:
            found.append(Input(name, _told(name, counts), _MEANINGS.get(name, name.replace("_", " "))))
    return found


def _told(name: str, counts: Counts) -> Value:
    """None where nothing counts it, or where all of it is withheld."""
    withheld = {
        "ratings": counts.withheld,
        "rated_contacts": counts.withheld_rated,
        "emotions": counts.withheld_faces,
    }
    value: Value = getattr(counts, name)
    if isinstance(value, tuple):
        return None if withheld.get(name) and not any(value) else list(value)
    return value


def working(metric: Metric, counts: Counts, score: Score) -> str:
    """One line; empty where nothing is told."""
    if score.value is None and score.bound_lower is None:
        return ""
    key = "share_rating" if metric.id.startswith("share_rating_") else metric.id
    is_open = score.value is None
    result = f"{_n(score.bound_lower)} to {_n(score.bound_upper)}" if is_open else _n(score.value)
    if key in _WORKINGS:
        return f"{_WORKINGS[key](counts, score)} = {result}"
    return f"{metric.formula}; n = {score.n:,}: {result}"


# --- Inputs -----------------------------------------------------------------------------------------------

_MEANINGS = {
    "ratings": "accepted presses by rating, worst first, as far as they may be told",
    "rated_contacts": "accepted presses by rating, worst first, while contacts were counted",
    "contacts": "people served, as counted",
    "calibration": "what audits by hand say of the counter",
    "presses": "all presses, on whatever scale",
    "events": "all events, of whatever type",
    "emotions": "people who looked positive, neutral, negative, and whose face did not say enough",
    "receipts": "receipts at the till",
    "attempts": "attempts to sell",
    "visitors": "people who came in",
    "sales_amount": "sum of the receipts, in minor units of the currency",
}


def _counter(part: Counted) -> Input:
    name = part.calibration.of if part.calibration and part.calibration.of else "counters never audited"
    return Input("contacts", part.contacts, f"counted at {name}; {_audited(part.calibration)}")


def _audited(calibration: Calibration | None) -> str:
    known = correction(calibration)
    if known is None:
        return "its audit found nobody"
    if calibration is None or not calibration.recall.n:
        said = "never audited"
    else:
        precision, recall = calibration.precision, calibration.recall
        said = f"precision {precision.k} of {precision.n}, recall {recall.k} of {recall.n}"
    lean = calibration is not None and calibration.pooled is not None
    return f"{said}; people served per contact counted {_n(known.factor)}" + (
        ", leaning on the company's other counters" if lean else ""
    )


def _answers(answers: Answers | None) -> Input:
    """How many people answered what; never what one person said."""
    people = answers.people if answers else {}
    told = ", ".join(f"{topic} {len(found)}" for topic, found in sorted(people.items()))
    return Input("answers", told or "none", "people who answered, by topic of the questionnaire")


# --- Formulas with numbers --------------------------------------------------------------------------------


def _n(value: float | None) -> str:
    """At most six digits, as many as it takes to follow."""
    return "?" if value is None else f"{value:,.6g}".replace("-", MINUS)


def _part(k: int, n: int) -> str:
    return f"{k:,} ÷ {n:,}"


def _weighted(counts: Counts, weights: Iterable[float]) -> str:
    terms = (
        f"{_n(weight)} × {count:,}" for weight, count in zip(weights, counts.ratings, strict=True) if count
    )
    return f"({' + '.join(terms)}) ÷ {counts.responses:,}"


def _served(parts: Iterable[tuple[Calibration | None, int]], among: Served | None) -> str:
    """People served, counter by counter."""
    counted = [(calibration, contacts) for calibration, contacts in parts if contacts]
    people = _n(among.people if among else None)
    if len(counted) > FEW:
        return f"{people} people served, as {len(counted)} counters say after their audits"
    known = [(correction(calibration), contacts) for calibration, contacts in counted]
    terms = " + ".join(f"{contacts:,} × {_n(each.factor)}" for each, contacts in known if each)
    return f"({terms} = {people} people served)"


def _all_served(counts: Counts) -> str:
    return _served(((part.calibration, part.contacts) for part in counts.counted), served_of(counts))


def _told_served(counts: Counts) -> str:
    return _served(((part.calibration, part.rated_among) for part in counts.counted), served_among(counts))


def _negative(counts: Counts) -> int:
    return counts.of(counts.scale.negative, counts.rated_contacts)


_WORKINGS: Mapping[str, Callable[[Counts, Score], str]] = {
    "presses": lambda counts, _: f"{counts.presses:,} presses",
    "responses": lambda counts, _: (
        f"{counts.presses:,} presses {MINUS} {counts.presses - counts.accepted:,} not accepted"
    ),
    "csat": lambda counts, _: _part(counts.positive, counts.responses),
    "csat_mean": lambda counts, _: _weighted(counts, range(1, counts.scale.ratings + 1)),
    "csat_index": lambda counts, _: (
        f"100 × ({_weighted(counts, range(1, counts.scale.ratings + 1))} {MINUS} 1) "
        f"÷ {counts.scale.ratings - 1}"
    ),
    "happy_index": lambda counts, score: _weighted(counts, score.weights),
    "nps": lambda counts, _: (
        f"100 × ({_part(counts.positive, counts.responses)} {MINUS} "
        f"{_part(counts.negative, counts.responses)})"
    ),
    "share_rating": lambda counts, score: _part(
        counts.ratings[int(score.metric.rsplit("_", 1)[1]) - 1], counts.responses
    ),
    "contacts": lambda counts, _: _all_served(counts),
    "response_rate": lambda counts, _: f"{counts.answered:,} ÷ {_all_served(counts)}",
    "silent_share": lambda counts, _: f"1 {MINUS} {counts.answered:,} ÷ {_all_served(counts)}",
    "relative_dissatisfaction": lambda counts, _: f"{_negative(counts):,} ÷ {_told_served(counts)}",
    "relative_satisfaction": lambda counts, _: (
        f"{counts.of(counts.scale.positive, counts.rated_contacts):,} ÷ {_told_served(counts)}"
    ),
    "dissatisfied_among_all": lambda counts, _: (
        f"from {_negative(counts):,} to all but {sum(counts.rated_contacts) - _negative(counts):,} "
        f"of {_told_served(counts)}"
    ),
    "emotion_unknown_share": lambda counts, _: _part(counts.emotions[-1], sum(counts.emotions)),
    "exact_conversion": lambda counts, _: _part(counts.attempts, counts.receipts),
    "closing_rate": lambda counts, _: _part(counts.receipts, counts.attempts),
    "visitor_reach": lambda counts, _: _part(counts.attempts, counts.visitors),
    "attempt_duration": lambda counts, _: f"{_n(counts.attempt_ms / 1000)} s ÷ {counts.attempts:,}",
    "average_check": lambda counts, _: _part(counts.sales_amount, counts.check_receipts),
}
"""By metric id; a metric that is not here is told by its formula, its n and its result."""
