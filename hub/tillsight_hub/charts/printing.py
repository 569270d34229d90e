"""Charts on paper and in mails: the same drawings as in the browser, made on this machine."""

from typing import Any

from ..pages.figures import figures_of
from .drawing import Drawing
from .look import Theme, number_locale, print_config, time_locale


def svg(drawing: Drawing, *, width: int, language: str, theme: Theme = "light") -> str:
    """One chart, so many CSS pixels wide, without background."""
    import vl_convert  # 30 MB that only a printed chart needs

    return str(vl_convert.vegalite_to_svg(**_shown(drawing, width, language, theme)))


def png(drawing: Drawing, *, width: int, language: str, theme: Theme = "light", scale: float = 2) -> bytes:
    """The same as a picture, `scale` times as many pixels."""
    import vl_convert  # as above

    return bytes(vl_convert.vegalite_to_png(**_shown(drawing, width, language, theme), scale=scale))


def _shown(drawing: Drawing, width: int, language: str, theme: Theme) -> dict[str, Any]:
    figures = figures_of(language)
    return {
        "vl_spec": {**drawing.spec, "width": width},
        "config": print_config(theme),
        "format_locale": number_locale(figures),
        "time_format_locale": time_locale(figures),
    }
