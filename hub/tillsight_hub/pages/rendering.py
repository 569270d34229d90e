"""Templates: how a page gets its words, its numbers, its assets and who is looking, in their language."""

from collections.abc import Iterable
from functools import partial
from importlib.metadata import version
from typing import Annotated, Any

from babel import negotiate_locale
from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from tillsight_models.scales import Scale

from ..access.forms import CSRF_FIELD, set_cookie
from ..access.sessions import OpenSession
from ..metrics.registry import Metric
from .assets import FOLDER, Assets
from .figures import figures_of
from .navigation import NAVIGATION
from .telling import say, tell, tell_all
from .texts import DEFAULT_LANGUAGE, LANGUAGES, texts
from .vega import prefix

THEME_COOKIE = "tillsight_theme"
THEMES = ("light", "dark")
LANGUAGE_COOKIE = "tillsight_language"
LANGUAGE_KEPT_S = 365 * 86_400

MOODS: dict[str, tuple[int, ...]] = {
    "smiley-3": (2, 3, 4),
    "smiley-4": (1, 2, 4, 5),
    "smiley-5": (1, 2, 3, 4, 5),
    "yes-no": (1, 5),
    "nps": (1, 1, 1, 1, 1, 1, 1, 3, 3, 5, 5),
}
"""Which of the five faces, and colours, a rating has; worst first."""


class Pages:
    """All templates of one app in one language. Thread-safe; rendering reads nothing but its arguments."""

    def __init__(self, assets: Assets, language: str = DEFAULT_LANGUAGE) -> None:
        self.assets = assets
        self.language = language
        self.t = texts(language)
        self.figures = figures_of(language)
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER.parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "asset": assets,
            "charts_at": prefix(),
            "t": self.t,
            "mood": mood,
            "name_of": self.name_of,
            "formula_of": self.formula_of,
            "figures": self.figures,
            "tell": self.tell,
            "say": partial(say, self.t),
            "NAVIGATION": NAVIGATION,
            "languages": [(code, texts(code)("shell.language_name")) for code in LANGUAGES],
            "CSRF_FIELD": CSRF_FIELD,
            "version": version("tillsight"),
        }

    def name_of(self, metric: Metric) -> str:
        """What a metric is called; in English where nobody has translated it."""
        return self.t.of(f"metric.{metric.id}.name", metric.name)

    def formula_of(self, metric: Metric) -> str:
        """Its formula in words."""
        return self.t.of(f"metric.{metric.id}.formula", metric.formula)

    def tell(self, told: str | Exception) -> str:
        """What was refused, in words of this language."""
        return tell(self.t, told)

    def tell_all(self, told: Iterable[str]) -> str:
        """Several refusals in one line."""
        return tell_all(self.t, told)

    def html(self, template: str, **values: Any) -> str:
        """The text of a template or fragment."""
        return self._templates.get_template(template).render(values)

    def page(
        self,
        request: Request,
        template: str,
        session: OpenSession | None = None,
        status_code: int = 200,
        **values: Any,
    ) -> HTMLResponse:
        """A whole page for who is looking; `session` None before the login."""
        theme = request.cookies.get(THEME_COOKIE)
        text = self.html(
            template,
            path=request.url.path,
            in_language=lambda code: str(
                request.url.include_query_params(lang=code).replace(scheme="", netloc="")
            ),
            session=session,
            theme=theme if theme in THEMES else "auto",
            **values,
        )
        response = HTMLResponse(text, status_code)
        if request.query_params.get("lang") == self.language:
            set_cookie(request, response, LANGUAGE_COOKIE, self.language, LANGUAGE_KEPT_S)
        return response


def in_every_language(assets: Assets) -> dict[str, Pages]:
    """The templates of one app by language."""
    return {language: Pages(assets, language) for language in LANGUAGES}


def language_of(request: Request) -> str:
    """What to speak: as chosen by `?lang=it`, which a cookie keeps, else as the browser says."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    accepted = [
        part.partition(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")
    ]
    return negotiate_locale(accepted, LANGUAGES, sep="-") or DEFAULT_LANGUAGE


def pages_of(request: Request) -> Pages:
    """The templates of the app that serves this request, in the language of whoever asks."""
    found: Pages = request.app.state.pages[language_of(request)]
    return found


PagesDep = Annotated[Pages, Depends(pages_of)]


def mood(scale: Scale, rating: int) -> int:
    """The face of a rating, 1 very unhappy to 5 very happy; 0 for a rating that the scale does not have."""
    moods = MOODS[scale.id]
    return moods[rating - 1] if 1 <= rating <= len(moods) else 0
