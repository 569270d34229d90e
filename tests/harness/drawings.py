"""What tests need to know of a chart: that it can be drawn, and what is written in it."""

import json
import re
import xml.etree.ElementTree as ElementTree
from functools import cache

from tillsight_hub.charts.drawing import Drawing
from tillsight_hub.charts.look import Theme
from tillsight_hub.charts.printing import svg
from tillsight_hub.metrics.registry import Score, Status
from tillsight_hub.pages.assets import Assets
from tillsight_hub.pages.rendering import Pages


@cache
def voice(language: str = "en") -> Pages:
    """The pages of a language, as charts speak with."""
    return Pages(Assets(), language)


def score(
    value: float | None,
    lower: float | None = None,
    upper: float | None = None,
    n: int = 100,
    status: Status = "ok",
    metric: str = "csat",
) -> Score:
    return Score(metric, 1, value, lower, upper, 0.95, n, "wilson", status)


def drawn(drawing: Drawing, language: str = "en", theme: Theme = "light") -> ElementTree.Element:
    """The chart as a picture; fails where Vega-Lite cannot make one, or where a number is none."""
    json.dumps(drawing.spec, allow_nan=False)
    text = svg(drawing, width=640, language=language, theme=theme)
    assert "NaN" not in text
    return ElementTree.fromstring(text)


def words_in(picture: ElementTree.Element) -> list[str]:
    """Every text of a picture."""
    return [each.text or "" for each in picture.iter("{http://www.w3.org/2000/svg}text")]


def colours_in(picture: ElementTree.Element) -> set[str]:
    """Every colour of a picture."""
    found = re.findall(r"#[0-9a-f]{6}", ElementTree.tostring(picture, encoding="unicode"))
    return set(found)


def paths_of(picture: ElementTree.Element, mark: str) -> list[str]:
    """The outlines of the marks of a kind, such as `line` or `area`."""
    return [
        path.get("d", "")
        for group in picture.iter("{http://www.w3.org/2000/svg}g")
        if f"mark-{mark} " in f"{group.get('class', '')} "
        for path in group.iter("{http://www.w3.org/2000/svg}path")
    ]


def rules_in(picture: ElementTree.Element, colour: str) -> list[ElementTree.Element]:
    """The straight lines of a colour."""
    lines = picture.iter("{http://www.w3.org/2000/svg}line")
    return [line for line in lines if line.get("stroke") == colour]
