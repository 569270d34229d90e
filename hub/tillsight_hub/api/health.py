"""`/healthz` for whoever restarts the hub, `/metrics` for Prometheus."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..access import any_viewer, require_role
from ..access.forms import SESSION_COOKIE
from ..observability import exposition
from ..services import Services, ServicesDep

router = APIRouter(tags=["operations"])

_bearer = HTTPBearer(auto_error=False)


class Health(BaseModel):
    """Whether events can be taken in and shown, and by which parts not."""

    status: Literal["ok", "failing"]
    checks: dict[str, bool]


@router.get("/healthz", responses={503: {"model": Health}})
def healthz(services: ServicesDep, response: Response) -> Health:
    """200 while everything works, else 503; needs no login and tells no more than this."""
    checks = {
        "writer": services.writer.running and services.writer.counts.failing is None,
        "database": _answers(services),
    }
    if services.subscriber is not None:
        checks["mqtt"] = services.subscriber.connected
    if services.broker is not None:
        checks["broker"] = services.broker.running
    works = all(checks.values())
    response.status_code = 200 if works else 503
    return Health(status="ok" if works else "failing", checks=checks)


def may_scrape(
    request: Request,
    services: ServicesDep,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer, scopes=("admin", "ops"))],
) -> None:
    """Admins and ops, unless the configuration opens the counters to everybody."""
    if not services.config.web.metrics_open:
        viewer = any_viewer(request, services, bearer, request.cookies.get(SESSION_COOKIE))
        require_role("admin", "ops")(viewer)


@router.get("/metrics", dependencies=[Depends(may_scrape)], response_class=Response)
def metrics(services: ServicesDep) -> Response:
    """Operational counters in the text format of Prometheus."""
    return Response(exposition(services), media_type=CONTENT_TYPE_LATEST)


def _answers(services: Services) -> bool:
    try:
        with services.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            return True
    except SQLAlchemyError:
        return False
