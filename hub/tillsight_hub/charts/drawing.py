"""A chart as a value: what is drawn, in the theme and width of whoever shows it, and the same as text."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from markupsafe import Markup

from ..metrics.registry import DEFAULT_LEVEL, Metric, Score, Unit

if TYPE_CHECKING:
    from ..pages.figures import Figures
    from ..pages.texts import Texts

Spec = Mapping[str, Any]
Tone = Literal["negative", "positive", "rate"]
"""What colour a number has: bad news, good news, neither."""


class Voice(Protocol):
    """Who says the words of a chart; the pages of a language are one."""

    @property
    def language(self) -> str: ...

    @property
    def t(self) -> "Texts": ...

    @property
    def figures(self) -> "Figures": ...

    def name_of(self, metric: Metric) -> str: ...


@dataclass(frozen=True)
class Drawing:
    """One chart. Colours in it are names of `look.COLOURS`."""

    name: str
    """Unique in its page; `a-z`, `0-9` and `-`."""
    title: str
    summary: str
    """What one sees, in a sentence; may be empty."""
    spec: Spec
    """Vega-Lite with its data, but without width, background and configuration."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The data as text, for those who do not see the chart."""
    links: tuple[str, ...] = ()
    """For each row the address of the page about its number, or nothing."""

    @property
    def height(self) -> int:
        """About how high it will be, in CSS pixels, so that its place can be kept free."""
        height = self.spec.get("height", 200)
        return int(height) + 34 if isinstance(height, int | float) else 234

    @property
    def script(self) -> Markup:
        """The specification as JSON that nothing in it can break out of."""
        text = json.dumps(self.spec, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def colour(name: str) -> dict[str, str]:
    """A colour of the theme, wherever Vega-Lite takes a colour."""
    return {"expr": name}


def bare(chart: Any) -> Spec:
    """What Altair made and checked, without what whoever shows it decides. Cache it: it costs 50 ms."""
    spec: dict[str, Any] = chart.to_dict()
    for decided_later in ("$schema", "config", "datasets"):
        spec.pop(decided_later, None)
    return spec


def filled(spec: Spec, **datasets: Iterable[Mapping[str, Any]]) -> Spec:
    """The same with data: layers name their dataset."""
    return {**spec, "datasets": {name: list(rows) for name, rows in datasets.items()}}


def linked(encoding: dict[str, Any], *, is_linked: bool) -> dict[str, Any]:
    """The same encodings; with the address of the page about each row's number, where rows have one."""
    if not is_linked:
        return encoding
    import altair as alt  # half a second that only pages with charts need

    return {**encoding, "href": alt.Href("explain:N")}


def links_of(addresses: Iterable[str]) -> tuple[str, ...]:
    """Of the rows of a drawing; none at all where no row has one."""
    found = tuple(addresses)
    return found if any(found) else ()


def told_words(voice: Voice) -> tuple[str, str, str]:
    """What columns with a score are called: value, interval, n."""
    return voice.t("charts.value"), voice.t("charts.interval"), voice.t("charts.n")


def range_words(voice: Voice, lower: float, upper: float, unit: Unit) -> str:
    """An interval that is no score's, written like one."""
    return voice.figures.range_text(Score("", 1, None, lower, upper, DEFAULT_LEVEL, 0, "", "ok"), unit)
