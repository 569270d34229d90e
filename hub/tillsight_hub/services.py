"""The running parts that requests may use, and how a router gets them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from .config import HubConfig

if TYPE_CHECKING:
    from .ingest.writer import IngestWriter
    from .live import Live


@dataclass(frozen=True)
class Services:
    """Made once by `create_app`, started and stopped with the app."""

    config: HubConfig
    engine: Engine
    writer: "IngestWriter"
    live: "Live"


def services(request: Request) -> Services:
    """The services of the app that serves this request."""
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services)]
"""Annotate an endpoint's parameter with it: `def scores(services: ServicesDep) -> ...`."""
