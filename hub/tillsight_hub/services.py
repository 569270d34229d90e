"""The running parts that requests may use, and how a router gets them."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from .config import HubConfig
from .metrics.registry import Catalogue
from .metrics.settings import MetricSettings
from .shown.asked import MetricsNow

if TYPE_CHECKING:
    from .broker import EmbeddedBroker
    from .ingest.limits import DeviceLimits
    from .ingest.subscriber import Subscriber
    from .ingest.writer import IngestWriter
    from .live.live import Live


@dataclass(frozen=True)
class Services:
    """Made once by `create_app`, started and stopped with the app."""

    config: HubConfig
    engine: Engine
    writer: "IngestWriter"
    live: "Live"
    subscriber: "Subscriber | None" = None
    broker: "EmbeddedBroker | None" = None
    """None where the hub uses somebody else's."""
    limits: "DeviceLimits | None" = None
    """How much one device may hand in; None: as much as it likes."""

    @property
    def metrics(self) -> Catalogue:
        """What the hub computes, and of how many people's answers at least."""
        return self._metrics_now.catalogue

    @property
    def metric_settings(self) -> MetricSettings:
        """The configuration's, with the questions of published surveys."""
        return self._metrics_now.settings

    @cached_property
    def _metrics_now(self) -> MetricsNow:
        return MetricsNow(self.engine, self.config.metrics, self.config.privacy.smallest_cell)


def services(request: Request) -> Services:
    """The services of the app that serves this request."""
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services)]
"""Annotate an endpoint's parameter with it: `def scores(services: ServicesDep) -> ...`."""
