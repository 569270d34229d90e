"""Templates: how a page gets its words, its numbers, its assets and who is looking."""

from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from tillsight_models.scales import Scale

from ..access.forms import CSRF_FIELD
from ..access.sessions import OpenSession
from . import figures
from .assets import FOLDER, Assets
from .texts import texts

THEME_COOKIE = "tillsight_theme"
THEMES = ("light", "dark")

MOODS: dict[str, tuple[int, ...]] = {
    "smiley-3": (2, 3, 4),
    "smiley-4": (1, 2, 4, 5),
    "smiley-5": (1, 2, 3, 4, 5),
    "yes-no": (1, 5),
    "nps": (1, 1, 1, 1, 1, 1, 1, 3, 3, 5, 5),
}
"""Which of the five faces, and colours, a rating has; worst first."""


class Pages:
    """All templates of one app. Thread-safe; rendering reads nothing but its arguments."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER.parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "asset": assets,
            "t": texts(),
            "mood": mood,
            "figures": figures,
            "CSRF_FIELD": CSRF_FIELD,
            "version": version("tillsight"),
        }

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
            session=session,
            theme=theme if theme in THEMES else "auto",
            **values,
        )
        return HTMLResponse(text, status_code)


def pages_of(request: Request) -> Pages:
    """The templates of the app that serves this request."""
    found: Pages = request.app.state.pages
    return found


PagesDep = Annotated[Pages, Depends(pages_of)]


def mood(scale: Scale, rating: int) -> int:
    """The face of a rating, 1 very unhappy to 5 very happy; 0 for a rating that the scale does not have."""
    moods = MOODS[scale.id]
    return moods[rating - 1] if 1 <= rating <= len(moods) else 0
