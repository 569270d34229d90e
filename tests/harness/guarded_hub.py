"""The hub's writer and subscriber at a guarded broker, with the hub's own certificate."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from tillsight_hub.config import MqttSettings
from tillsight_hub.identity.broker_files import HUB_NAME
from tillsight_hub.ingest.limits import DeviceLimits
from tillsight_hub.ingest.subscriber import Subscriber
from tillsight_hub.ingest.writer import IngestWriter

from .guarded_broker import HOST, GuardedBroker
from .processes import wait_until


@contextmanager
def hub_at(broker: GuardedBroker, engine: Engine, limits: DeviceLimits | None = None) -> Iterator[Subscriber]:
    """Connected, until the block ends."""
    certificate, key = broker.identity(HUB_NAME).write(broker.folder / "hub")
    files = {
        "ca_file": str(broker.folder / "ca" / "ca.pem"),
        "cert_file": str(certificate),
        "key_file": str(key),
    }
    settings = MqttSettings.model_validate({"embedded": False, "host": HOST, "port": broker.port, **files})
    writer = IngestWriter(engine, future_tolerance_s=10**9)
    subscriber = Subscriber(settings, writer, engine, limits)
    writer.start()
    subscriber.start()
    try:
        wait_until(lambda: subscriber.connected, "the hub at its broker")
        yield subscriber
    finally:
        subscriber.stop()
        writer.stop()
