"""Metrics of questionnaires: what people answered when they were asked more than to press a button."""

from dataclasses import dataclass
from typing import Literal

from .answered import (
    EQUAL,
    Formula,
    FromAnswers,
    Gap,
    Index,
    Quality,
    QualityDimension,
    TopBox,
    survey_nps,
    womi,
)
from .answers import Answers
from .effort import CES_1, CES_2, EffortQuestion, easy_share, effort_mean, net_ease
from .questions import CSI, SERVQUAL_EXPECTED, SERVQUAL_PERCEIVED, USUAL, points_of
from .registry import Metric, Unit
from .servqual import DIMENSIONS
from .settings import MetricSettings


def questionnaire_metrics(settings: MetricSettings) -> list[Metric]:
    """The metrics of this module; each applies where questions are set to ask for it."""
    asking = {question.asks for question in settings.questions}
    entries = [
        *_satisfaction(settings),
        _word_of_mouth(),
        *_effort("ces1", "CES 1.0", CES_1, "1 (very low effort) … 5 (very high effort): low is good"),
        *_effort("ces2", "CES 2.0", CES_2, "“they made it easy”, 1 (disagree) … 7 (agree)"),
        *_quality(settings),
        *_gaps(),
    ]
    return [entry.metric(asking) for entry in entries]


@dataclass(frozen=True)
class _Entry:
    """A metric of answers, before it is known who asks for them."""

    id: str
    name: str
    unit: Unit
    formula: str
    interval: str
    source: str
    asked: tuple[str, ...]
    compute: Formula
    minimum_n: int = 30
    worst: Literal["low", "high"] = "low"

    def metric(self, asking: set[str]) -> Metric:
        """Pairs of SERVQUAL may be asked in part; everything else is asked wholly or not at all."""
        found = FromAnswers(self.compute, self.asked)
        pairs = zip(SERVQUAL_EXPECTED, SERVQUAL_PERCEIVED, strict=True)
        asked = (
            any({*pair} <= asking & {*self.asked} for pair in pairs)
            if found.topic == "servqual"
            else {*self.asked} <= asking
        )
        return Metric(
            id=self.id,
            name=self.name,
            unit=self.unit,
            formula=self.formula,
            inputs=("answers",),
            interval=self.interval,
            source=self.source,
            compute=found,
            applies=lambda _: asked,
            minimum_n=self.minimum_n,
            worst=self.worst,
            told=found.told,
        )


def _satisfaction(settings: MetricSettings) -> list[_Entry]:
    questions = settings.questions
    csat = points_of(questions, "csat") or USUAL["csat"]
    index = Index(settings.csi_weights, points_of(questions, CSI[0]) or USUAL[CSI[0]])
    return [
        _Entry(
            id="survey_nps",
            name="NPS of questionnaires",
            unit="points",
            formula="100 × (share of 9–10 − share of 0–6) of the answers to the question of recommending",
            interval="adjusted-wald",
            source="Reichheld 2003; interval: Rocks 2016, arXiv 1601.07235",
            asked=("nps",),
            compute=survey_nps,
            minimum_n=50,
        ),
        _Entry(
            id="survey_csat",
            name="CSAT of questionnaires",
            unit="share",
            formula="top-box share = best answers ÷ answers; best are 1 of up to 3, 2 of up to 7, 3 of more",
            interval="wilson",
            source="common practice (top-2-box, top-3-box)",
            asked=("csat",),
            compute=TopBox("csat", csat),
        ),
        _Entry(
            id="csi",
            name="Customer satisfaction index (CSI)",
            unit="index",
            formula="100 × Σ w × (mean − lowest) ÷ (Σ w × (highest − lowest)) over overall satisfaction, "
            "expectations met and closeness to the ideal, of the people who answered all three",
            interval="t",
            source="form of the American Customer Satisfaction Index, Fornell et al. 1996",
            asked=CSI,
            compute=index,
        ),
    ]


def _word_of_mouth() -> _Entry:
    return _Entry(
        id="womi",
        name="Word of Mouth Index (WoMI)",
        unit="points",
        formula="100 × (share who would recommend, 9–10 − share who would discourage, 9–10), both asked",
        interval="adjusted-wald",
        source="wordofmouthindex.com; Internet Retailer 2013-07-16; interval: Rocks 2016",
        asked=("womi-recommend", "womi-discourage"),
        compute=womi,
        minimum_n=50,
    )


def _effort(asked: str, name: str, question: EffortQuestion, meaning: str) -> list[_Entry]:
    easy, up, down = (
        f"{answers[0]}–{answers[-1]}" for answers in (question.easy, question.net_easy, question.net_hard)
    )
    published = "Dixon, Freeman, Toman 2010" if question is CES_1 else "CEB 2013"

    def counted(answers: Answers) -> list[int]:
        return answers.counted(asked, 1, question.answers)

    return [
        _Entry(
            id=asked,
            name=f"Customer effort ({name})",
            unit="rating",
            formula=f"mean = Σ answers ÷ people; {meaning}",
            interval="dirichlet",
            source=published,
            asked=(asked,),
            compute=lambda answers, level: effort_mean(counted(answers), level),
            worst="high" if question is CES_1 else "low",
        ),
        _Entry(
            id=f"{asked}_easy",
            name=f"Found it easy ({name})",
            unit="share",
            formula=f"answers {easy} ÷ answers",
            interval="wilson",
            source=f"{published}; easy as survey makers count it",
            asked=(asked,),
            compute=lambda answers, level: easy_share(counted(answers), question, level),
        ),
        _Entry(
            id=f"{asked}_net",
            name=f"Net ease ({name})",
            unit="points",
            formula=f"100 × (share of {up} − share of {down})",
            interval="adjusted-wald",
            source=f"{published}; interval: Rocks 2016",
            asked=(asked,),
            compute=lambda answers, level: net_ease(counted(answers), question, level),
        ),
    ]


def _quality(settings: MetricSettings) -> list[_Entry]:
    gap = "perception − expectation, the mean of a person's items that were answered both times"
    whole = "over tangibles, reliability, responsiveness, assurance, empathy"
    pairs = (*SERVQUAL_EXPECTED, *SERVQUAL_PERCEIVED)
    published = "Parasuraman, Zeithaml, Berry 1988"
    overall = [
        _Entry(
            "servqual",
            "SERVQUAL",
            "rating",
            f"Σ w × gap ÷ Σ w {whole}; w: 100 points shared out",
            "t",
            published,
            pairs,
            Quality(settings.servqual_weights),
        ),
        _Entry(
            "servqual_unweighted",
            "SERVQUAL, unweighted",
            "rating",
            f"mean of the gaps {whole}",
            "t",
            published,
            pairs,
            Quality(EQUAL),
        ),
    ]
    return overall + [
        _Entry(
            id=f"servqual_{name}",
            name=f"SERVQUAL: {name}",
            unit="rating",
            formula=f"mean over people of {gap}; items {items[0] + 1} to {items[-1] + 1}",
            interval="t",
            source=published,
            asked=tuple(side[item] for side in (SERVQUAL_EXPECTED, SERVQUAL_PERCEIVED) for item in items),
            compute=QualityDimension(position),
        )
        for position, (name, items) in enumerate(DIMENSIONS.items())
    ]


def _gaps() -> list[_Entry]:
    return [
        _Entry(
            id=id,
            name=name,
            unit="rating",
            formula=f"mean of actual − {reference} over the people who answered both",
            interval="t",
            source="expected, actual and ideal experience, after ProLAN's CX Journey; paired t interval",
            asked=(reference, "actual"),
            compute=Gap(reference),
        )
        for id, name, reference in (
            ("experience_gap", "Experience against expectation", "expected"),
            ("ideal_gap", "Experience against the ideal", "ideal"),
        )
    ]
