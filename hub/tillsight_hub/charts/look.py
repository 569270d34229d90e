"""How charts look: the colours of the pages, and numbers and dates of a language, as Vega knows them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..pages.figures import Figures

Theme = Literal["light", "dark"]

COLOURS: dict[str, tuple[str, str]] = {
    "surface": ("#ffffff", "#1a2129"),
    "sunken": ("#efeeea", "#141a21"),
    "ink": ("#1c2430", "#e7ebf0"),
    "quiet": ("#59626f", "#a0abb8"),
    "line": ("#dcdbd6", "#2c353f"),
    "line_strong": ("#8d8c86", "#66717e"),
    "accent": ("#0e5a8a", "#7cc0ec"),
    "accent_soft": ("#e3eef5", "#1d3444"),
    "mood_1": ("#b4420f", "#ee7a3d"),
    "mood_2": ("#e5904a", "#f2b273"),
    "mood_3": ("#a3a8ae", "#8c96a2"),
    "mood_4": ("#6fb0d8", "#8cc7ea"),
    "mood_5": ("#1c6aa8", "#4fa3dd"),
    "silent": ("#d9d8d2", "#333d48"),
    "contacts": ("#c9ccd0", "#46515d"),
    "negative": ("#b4420f", "#ee7a3d"),
    "negative_band": ("#f0c4a6", "#6b3c20"),
    "positive": ("#1c6aa8", "#4fa3dd"),
    "positive_band": ("#b3d3ea", "#234a67"),
    "rate": ("#4b5563", "#aab4c0"),
    "rate_band": ("#cfd3d8", "#3c4753"),
    "good": ("#1d6b46", "#7fd3a6"),
    "warn": ("#7a4a08", "#efbf6b"),
    "bad": ("#a52a1b", "#f59a8b"),
}
"""By name, light and dark: what `static/css/colours.css` says, where the name has dashes."""

SCREEN_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'
PRINT_FONT = "Liberation Sans, DejaVu Sans, sans-serif"


def screen_config() -> dict[str, Any]:
    """For the browser, in the page's own colours: a change of theme redraws nothing."""
    return _config(lambda name: f"var(--{name.replace('_', '-')})", SCREEN_FONT)


def print_config(theme: Theme) -> dict[str, Any]:
    """For a chart on its own."""
    which = ("light", "dark").index(theme)
    return _config(lambda name: COLOURS[name][which], PRINT_FONT)


def number_locale(figures: "Figures") -> dict[str, Any]:
    """Of a language, as d3-format wants it."""
    signs = figures.locale.number_symbols["latn"]
    return {
        "decimal": signs["decimal"],
        "thousands": signs["group"],
        "grouping": [3],
        "currency": ["", ""],
        "percent": figures.share(0).removeprefix("0"),
    }


def time_locale(figures: "Figures") -> dict[str, Any]:
    """Of a language, as d3-time-format wants it; weeks begin on Sunday there."""
    days, months = figures.locale.days["stand-alone"], figures.locale.months["stand-alone"]
    sunday_first = [6, 0, 1, 2, 3, 4, 5]
    return {
        "dateTime": "%-d %b %Y, %H:%M",
        "date": "%-d %b %Y",
        "time": "%H:%M",
        "periods": ["AM", "PM"],
        "days": [str(days["wide"][day]) for day in sunday_first],
        "shortDays": [str(days["abbreviated"][day]) for day in sunday_first],
        "months": [str(months["wide"][month]) for month in range(1, 13)],
        "shortMonths": [str(months["abbreviated"][month]) for month in range(1, 13)],
    }


def _config(paint: Callable[[str], str], font: str) -> dict[str, Any]:
    axis = {
        "domain": False,
        "ticks": False,
        "gridColor": paint("line"),
        "labelColor": paint("quiet"),
        "labelFontSize": 12,
        "labelPadding": 6,
        "titleColor": paint("quiet"),
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    }
    return {
        "params": [{"name": name, "value": paint(name)} for name in COLOURS],
        "aria": False,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 2, "right": 8, "top": 4, "bottom": 2},
        "background": None,
        "font": font,
        "view": {"stroke": None, "continuousHeight": 200},
        "axis": axis,
        "axisX": {"grid": False, "domain": True, "domainColor": paint("line_strong"), "labelFlush": False},
        "legend": {
            "orient": "top",
            "title": None,
            "labelColor": paint("quiet"),
            "labelFontSize": 12,
            "symbolSize": 90,
            "symbolOpacity": 1,
            "offset": 8,
        },
        "header": {"labelColor": paint("ink"), "labelFontSize": 12, "title": None},
        "text": {"fill": paint("ink"), "fontSize": 12},
    }
