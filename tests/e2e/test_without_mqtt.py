"""A device that has no MQTT: it asks its hub for orders and settings, and fetches a model from there."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gpiozero.pins.mock import MockFactory
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.processes import wait_until
from tests.harness.websites import Website, website

from tillsight_edge import http, uplink
from tillsight_edge.agent import Agent
from tillsight_edge.config import load_config
from tillsight_edge.vision.networks.registry import Registry
from tillsight_edge.wanted_cameras import load_seen
from tillsight_hub.access import create_token
from tillsight_hub.wanted.keeping import read_wanted

HERE = {"id": "box-1", "org": "acme", "site": "rome", "touchpoint": "till-1"}
CAMERA = {"source": "scene:1", "zone": [[0.1, 0.1], [0.9, 0.9]]}
A_DOC_STRING = b"\x32\x05other"
"""Behind an ONNX file: the same network with another hash."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Website]:
    (tmp_path / "hub" / "models").mkdir(parents=True)
    with website(tmp_path / "hub", users=()) as running:
        yield running


@pytest.fixture
def models(tmp_path: Path, hub: Website, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a running agent with a camera keeps its models; nobody looks through the camera."""
    monkeypatch.setattr(http, "ORDERS_S", 0.2)
    monkeypatch.setattr(http, "WANTED_S", 0.2)
    monkeypatch.setattr(uplink, "IDLE_S", 0.2)
    (tmp_path / "token").write_text(create_token(hub.services.engine, "own", "device", "box-1"))
    way = {"transport": "https", "url": hub.url, "token_file": str(tmp_path / "token")}
    vision = {"start": False, "models_folder": str(tmp_path / "models")}
    settings = device_settings(tmp_path, device=HERE, hub=way, vision=vision) | {"cameras.till": CAMERA}
    file, factory = write_toml(tmp_path / "device.toml", settings), MockFactory()
    agent = Agent(load_config(file), factory, config_file=file)
    thread = threading.Thread(target=agent.run)
    thread.start()
    yield tmp_path / "models"
    agent.stop()
    thread.join(30)
    factory.reset()


class Ops:
    """Whoever gives orders to box-1."""

    def __init__(self, hub: Website) -> None:
        token = create_token(hub.services.engine, "ops", "ops", None)
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=f"{hub.url}/api/v1/devices/box-1", headers=headers)
        self._settings = f"{hub.url}/api/v1/settings/device:box-1"

    def set(self, **settings: object) -> None:
        """`till__off` is `cameras.till.off`; nothing else is set then."""
        named = {f"cameras.{name.replace('__', '.')}": value for name, value in settings.items()}
        version = self._client.get(self._settings).headers["etag"]
        put = self._client.put(self._settings, json={"settings": named}, headers={"If-Match": version})
        assert put.status_code == 200, put.text

    def order(self, **order: str) -> tuple[str, list[str]]:
        """Its outcome, and the device's words."""
        given = self._client.post("/orders", json=order)
        assert given.status_code == 201, given.text
        wait_until(lambda: self._newest()["outcome"] is not None, f"the result of {order}")
        told = self._newest()
        assert told["id"] == given.json()["id"]
        return str(told["outcome"]), list(told["words"])

    def _newest(self) -> dict[str, Any]:
        newest: dict[str, Any] = self._client.get("/orders").json()[0]
        return newest


def test_a_model_is_pulled_checked_and_replaced_only_by_a_good_one(models: Path, hub: Website) -> None:
    ops, source = Ops(hub), hub.folder / "models" / "mine.onnx"
    network = Registry().find("persons").read()
    pull = {"kind": "pull-model", "model": "mine", "like": "persons", "address": hub.url}
    for content in (network, network + A_DOC_STRING):
        source.write_bytes(content)
        outcome, words = ops.order(**pull)
        assert outcome == "done", words
        model = Registry(models).find("mine", "persons")
        assert hashlib.sha256(model.read()).digest() == hashlib.sha256(content).digest()
    source.write_bytes(network[: len(network) // 2])
    assert ops.order(**pull)[0] == "failed"
    assert ops.order(**(pull | {"address": "http://127.0.0.2:1"}))[0] == "refused"
    assert Registry(models).find("mine").read() == network + A_DOC_STRING
    assert len(list(models.iterdir())) == 2


def test_a_zone_from_the_hub_reaches_the_process_that_sees_or_is_refused_in_words(
    models: Path, hub: Website
) -> None:
    ops, file = Ops(hub), models.parent / "device.toml"

    def refused() -> tuple[str, ...]:
        with hub.services.engine.connect() as connection:
            found = read_wanted(connection, ["box-1"]).get("box-1")
        return found.refused if found else ()

    ops.set(cellar__off=True)
    wait_until(lambda: refused() == ("cameras.cellar: this device has no such camera",), "the refusal")
    assert load_seen(file) == load_config(file)
    ops.set(till__zone=[[0.2, 0.2], [0.5, 0.9]], till__frame_rate_hz=3)
    wait_until(lambda: load_seen(file).cameras["till"].frame_rate_hz == 3, "what is laid")
    assert load_seen(file).cameras["till"].zone == ((0.2, 0.2), (0.5, 0.9))
