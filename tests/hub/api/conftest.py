"""What the API's tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from tests.harness.chain import Chain, open_chain
from tests.harness.hubs import RunningHub, running_hub

from tillsight_hub.access import create_token
from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_models.configuration import read_settings

AsRole = Callable[..., TestClient]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A running hub of this test alone."""
    with running_hub(tmp_path) as running:
        yield running


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    """A small chain of stores, for tests that only read."""
    with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as made:
        yield made


@pytest.fixture
def as_role(chain: Chain, tmp_path: Path) -> Iterator[AsRole]:
    """`as_role("manager", "market")`: a client with a token of that role and scope, of a hub that reads the
    chain's tables and takes nothing in."""
    settings = {"data_dir": str(tmp_path), "database": {"url": str(chain.engine.url)}}
    app = create_app(read_settings(settings, HubConfig))

    def client(role: str, scope: str | None = None) -> TestClient:
        token = create_token(chain.engine, f"{role} of {scope}", role, scope)
        return TestClient(app, headers={"Authorization": f"Bearer {token}"})

    yield client
    app.state.services.engine.dispose()
