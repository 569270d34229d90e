"""A whole hub inside the test's process, with its own database and broker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from tillsight_hub.access import create_token
from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_hub.seed import Seed, apply_seed
from tillsight_hub.services import Services
from tillsight_models.configuration import read_settings

from .ingesting import SEED
from .schemas import lay_down

NO_BROKER = {"embedded": False, "port": 1}
EMBEDDED = {"port": 0}
"""A process more, which most tests can do without."""


@dataclass(frozen=True)
class RunningHub:
    """Its HTTP side, which needs no port, and its parts."""

    client: TestClient
    services: Services

    def bearer(self, role: Any, scope: str | None = None) -> dict[str, str]:
        """Headers with a new API token."""
        return {"Authorization": f"Bearer {create_token(self.services.engine, role, role, scope)}"}


@contextmanager
def running_hub(folder: Path, **settings: Any) -> Iterator[RunningHub]:
    """A hub with the small hierarchy of `ingesting`, that looks in vain for a broker.

    `settings` are those of its configuration file; `mqtt=EMBEDDED` gives it a broker of its own.
    """
    config = read_settings({"data_dir": folder, "mqtt": NO_BROKER, **settings}, HubConfig)
    if config.database.url is None:
        lay_down(folder / "hub.db")
    app = create_app(config)
    with TestClient(app) as client:
        services: Services = app.state.services
        apply_seed(services.engine, Seed.model_validate(SEED))
        yield RunningHub(client, services)
