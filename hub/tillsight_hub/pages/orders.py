"""`/devices/{id}/orders`: a button of a device's page makes an order of it."""

from fastapi import APIRouter, HTTPException
from starlette.responses import RedirectResponse, Response

from ..access import PageSession, wrong_role
from ..access.forms import CheckedForm
from ..commands.errors import OrderNotGiven
from ..commands.orders import give
from ..database import writing
from ..services import ServicesDep
from ..viewer import Viewer
from .devices import find_box
from .source import SourceDep
from .telling import wrong_choice

router = APIRouter(include_in_schema=False)

GIVERS = ("admin", "ops")
BUTTONS = ("identify", "test-press", "run-check", "restart")
"""Orders that need nothing but a click; `pull-model` is given by API or command line."""


@router.post("/devices/{id}/orders")
def give_order(
    *, session: PageSession, services: ServicesDep, source: SourceDep, id: str, form: CheckedForm
) -> Response:
    """Give it, and go back to see what comes of it."""
    may_order(session.viewer)
    find_box(source, session.viewer, id)
    kind = str(form.get("kind", ""))
    if kind not in BUTTONS:
        raise wrong_choice("order", kind, BUTTONS)
    try:
        with writing(services.engine) as connection:
            give(connection, id, kind, actor=session.viewer.name)
    except OrderNotGiven as error:
        raise HTTPException(409, *error.args) from error
    return RedirectResponse(f"/devices/{id}#orders-title", 303)


def may_order(viewer: Viewer) -> None:
    """403 for who may only look."""
    if viewer.role not in GIVERS:
        raise wrong_role(viewer, GIVERS)
