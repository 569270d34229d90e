"""Pages for people: server-rendered, live, and with all they need on this machine."""

from fastapi import FastAPI

from ..access.throttle import Throttle
from ..services import Services
from ..visits.brake import Brake
from ..visits.going_on import Doors
from . import (
    actions,
    alerts,
    audit_log,
    cards,
    case,
    cases,
    chain,
    compare,
    compliance,
    docs,
    explain,
    explore,
    go,
    login,
    overview,
    people,
    place,
    reports,
    sales,
    screens,
    shared,
    survey_question,
    survey_results,
    surveys,
    touchpoint,
    vega,
    wall,
)
from .assets import Assets
from .errors import add_error_pages
from .headers import Compression, SecurityHeaders
from .keeping import KEEPING
from .rendering import in_every_language
from .source import Source


def install_pages(app: FastAPI) -> None:
    """Everything that a browser meets. The app must be made with `docs_url=None, redoc_url=None,
    openapi_url=None`: the API's documentation is behind the login like the rest."""
    assets = Assets()
    app.state.pages = in_every_language(assets)
    services: Services = app.state.services
    app.state.source = Source(services.engine, lambda: services.metrics)
    app.state.throttle = Throttle()
    app.state.doors, app.state.brake = Doors(services.engine), Brake()
    app.mount(assets.prefix, assets.files(), name="static")
    for part in (
        login,
        overview,
        wall,
        compare,
        sales,
        explore,
        alerts,
        touchpoint,
        explain,
        docs,
        vega,
        place,
        chain,
        people,
        audit_log,
    ):
        app.include_router(part.router)
    for part in (actions, go, cases, case):
        app.include_router(part.router)
    for part in (surveys, survey_question, survey_results, cards, screens):
        app.include_router(part.router)
    for router in KEEPING:
        app.include_router(router)
    for part in (reports, shared, compliance):
        app.include_router(part.router)
    add_error_pages(app)
    app.add_middleware(Compression, minimum_size=1000, compresslevel=6)
    app.add_middleware(SecurityHeaders)
