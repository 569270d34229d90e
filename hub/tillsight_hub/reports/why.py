"""Why: what people named after a press, and what their outcome goes together with."""

from dataclasses import replace

from ..metrics.impact import Driver, impact
from ..metrics.questions import names_of, points_of, top_box
from ..metrics.registry import DEFAULT_LEVEL
from ..scores.reasons import read_reasons
from ..scores.surveys import answers_of
from .document import Block, Cell, Column, Note, Section, Table
from .parts import printed
from .reading import Asked

MOST_REASONS = 6
BAR_PX = 23
"""On paper bars are nearer to each other."""


def why(asked: Asked) -> list[Section]:
    """Nothing where nobody was asked."""
    blocks = [*_reasons(asked), *_drivers(asked)]
    return [Section(asked.voice.t("reports.why"), tuple(blocks))] if blocks else []


def _reasons(asked: Asked) -> list[Block]:
    from ..charts.pareto import pareto

    voice = asked.voice
    found = read_reasons(
        asked.connection, asked.places, asked.period, smallest=asked.metrics.smallest_cell, now=asked.now
    )
    if not found.asked:
        return []
    count = voice.figures.count
    said = voice.t("reports.reasons_asked", asked=count(found.asked), people=count(found.people))
    if found.withheld:
        said += " " + voice.t(
            "reports.reasons_withheld", n=count(found.withheld), smallest=asked.metrics.smallest_cell
        )
    if not found.people:
        return [Note(said)]
    named = {_name(asked, reason): number for reason, number in found.named.items()}
    drawing = pareto(voice, "reasons", voice.t("reports.reasons"), named, most=MOST_REASONS)
    height = BAR_PX * min(len(named), MOST_REASONS + 1)
    return [printed(asked, replace(drawing, spec={**drawing.spec, "height": height})), Note(said)]


def _drivers(asked: Asked) -> list[Block]:
    """What the outcome goes together with, where a questionnaire asks for it."""
    questions = asked.metrics.questions
    names = names_of(questions, "driver") or names_of(questions, "force")
    if not names or points_of(questions, "outcome") is None:
        return []
    answers = answers_of(asked.connection, asked.places, asked.period, questions, asked.metrics.smallest_cell)
    tops = [top_box(points) for each in names if (points := points_of(questions, each))]
    found = impact(answers.to_all(*names, "outcome"), tops, DEFAULT_LEVEL)
    if not found.n or found.withheld:
        return []
    voice = asked.voice
    rows = [_driver_row(asked, *each) for each in zip(names, found.drivers, strict=True)]
    columns = (
        Column(voice.t("reports.column_driver"), width=1),
        Column(voice.t("reports.column_weight"), "right"),
        Column(voice.t("reports.column_best"), "right"),
    )
    return [
        Table(columns, tuple(rows)),
        Note(voice.t("reports.drivers_lead", n=voice.figures.count(found.n))),
    ]


def _driver_row(asked: Asked, name: str, driver: Driver) -> tuple[Cell, ...]:
    share, ends = asked.voice.figures.share, driver.lmg.interval
    assert ends is not None
    return (
        Cell(_name(asked, name.partition(":")[2]), strong=True),
        Cell(share(driver.lmg.value), f"{share(ends.lower)}\N{EN DASH}{share(ends.upper)}"),
        Cell(share(driver.performance.value)),
    )


def _name(asked: Asked, id: str) -> str:
    """As people say it: what a survey calls it is an id."""
    return asked.voice.t.of(f"reason.{id}", id.replace("-", " ").replace("_", " ").capitalize())
