"""`/charts/...`: what the browser draws charts with, carried by vl-convert, and how they are to look."""

import gzip
import hashlib
import threading
from functools import cache
from importlib.metadata import version

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, Response

from ..charts.look import number_locale, screen_config, time_locale
from .figures import figures_of
from .texts import LANGUAGES

router = APIRouter(include_in_schema=False)

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_bundling = threading.Lock()


@cache
def prefix() -> str:
    """The folder of both addresses; another one where what lies in them is another."""
    looks = [
        (screen_config(), number_locale(figures_of(each)), time_locale(figures_of(each)))
        for each in LANGUAGES
    ]
    made_of = f"{version('vl-convert-python')} {looks}"
    return f"/charts/{hashlib.sha256(made_of.encode()).hexdigest()[:12]}"


@router.get("/charts/{edition}/vega.js")
def vega(request: Request, edition: str) -> Response:
    """Vega, Vega-Lite and vega-embed: a module that leaves `vegaEmbed` in the window; 300 kB packed."""
    _current(edition)
    packed, headers = _packed_bundle(), {**FOR_EVER, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type="text/javascript", headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), media_type="text/javascript", headers=headers)


@router.get("/charts/{edition}/look-{language}.json")
def look(edition: str, language: str) -> Response:
    """Colours, fonts, numbers and dates for vega-embed."""
    _current(edition)
    if language not in LANGUAGES:
        raise HTTPException(404, "no such language")
    figures = figures_of(language)
    options = {
        "config": screen_config(),
        "formatLocale": number_locale(figures),
        "timeFormatLocale": time_locale(figures),
    }
    return JSONResponse(options, headers=FOR_EVER)


def _current(edition: str) -> None:
    if f"/charts/{edition}" != prefix():
        raise HTTPException(404, "no such edition of the charts")


def _packed_bundle() -> bytes:
    with _bundling:
        return _bundle()


@cache
def _bundle() -> bytes:
    """Takes a second or two, once."""
    import vl_convert  # 30 MB that a hub without charts on its screen never needs

    script = vl_convert.javascript_bundle(None)  # type: ignore[arg-type]  # None: just the three
    return gzip.compress(script.encode(), 9, mtime=0)
