"""`/api/v1/devices`."""

from typing import Any

import msgspec
import pytest
from sqlalchemy import update
from tests.harness.chain import Chain, stream_of

from tillsight_hub.database import writing
from tillsight_hub.tables import device, stream
from tillsight_models.events import HealthReported


def test_a_device_tells_its_state_lag_and_health(chain: Chain, as_role: Any) -> None:
    health = HealthReported(outbox_events=7, outbox_lag_s=12.5, panel="ok")
    with writing(chain.engine) as connection:
        connection.execute(
            update(device)
            .where(device.c.id == "box-till-1")
            .values(
                state="ready",
                version="1.2.3",
                stream=stream_of("till-1"),
                first_seen=1_000,
                last_seen=1_772_442_000_250,
                health=msgspec.json.encode(health).decode(),
            )
        )
        lagging = update(stream).where(stream.c.device_id == "box-till-1")
        connection.execute(lagging.values(upto=10, highest=14))
    told = {each["id"]: each for each in as_role("ops").get("/api/v1/devices").json()}
    box = told["box-till-1"]
    assert (box["name"], box["touchpoint"], box["store"]) == ("Box till-1", "till-1", "market")
    assert (box["state"], box["version"], box["stream"]) == ("ready", "1.2.3", stream_of("till-1"))
    assert (box["first_seen"], box["last_seen"]) == ("1970-01-01T00:00:01.000Z", "2026-03-02T09:00:00.250Z")
    assert box["lag"] == {"outbox_events": 7, "outbox_lag_s": 12.5, "behind_gap": 4}
    assert box["health"]["panel"] == "ok"


def test_a_device_that_never_spoke_is_there_and_unknown(as_role: Any) -> None:
    told = {each["id"]: each for each in as_role("ops").get("/api/v1/devices").json()}
    box = told["box-stall"]
    assert (box["state"], box["last_seen"], box["health"]) == ("unknown", None, None)
    assert box["lag"] == {"outbox_events": None, "outbox_lag_s": None, "behind_gap": 0}


def test_others_devices_are_not_told(as_role: Any) -> None:
    told = as_role("manager", "bazaar").get("/api/v1/devices").json()
    assert [each["id"] for each in told] == ["box-stall"]


@pytest.mark.parametrize(
    ("role", "status"), [("ops", 200), ("admin", 200), ("manager", 200), ("analyst", 403)]
)
def test_devices_are_for_those_who_run_them(as_role: Any, role: str, status: int) -> None:
    assert as_role(role).get("/api/v1/devices").status_code == status
