"""Orders in the hub: given, told until they are answered, kept with what came of them."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from tests.harness.websites import Visitor, Website

from tillsight_hub import tables
from tillsight_hub.access import create_token
from tillsight_hub.commands.errors import OrderNotGiven
from tillsight_hub.commands.models import by_digest, model_file
from tillsight_hub.commands.orders import (
    GRACE_MS,
    MOST_OPEN,
    Given,
    find_order,
    forget_old_orders,
    give,
    note_result,
    read_orders,
    waiting,
)
from tillsight_hub.commands.teller import AGAIN_MS, Teller
from tillsight_hub.database import writing
from tillsight_models.orders import read_order, result_of
from tillsight_models.topics import DeviceTopics

NOW = 1_792_800_000_000


class Line:
    """A broker that remembers what it was told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.there = True

    def publish_order(self, place: DeviceTopics, message: str) -> bool:
        if self.there:
            self.sent.append((place.of("cmd"), message))
        return self.there


def given(engine: Engine, kind: str = "identify", now: int = NOW, device: str = "box-1") -> str:
    with writing(engine) as connection:
        return give(connection, device, kind, actor="ada", now=now)


def order(engine: Engine, id: str, device: str = "box-1") -> Given:
    with engine.connect() as connection:
        found = find_order(connection, device, id)
    assert found is not None
    return found


def test_an_order_is_told_until_it_is_answered(either_engine: Engine) -> None:
    id, line, now = given(either_engine), Line(), [NOW]
    teller = Teller(either_engine, line, lambda: now[0])
    for _ in range(3):
        teller.turn()
    [(topic, message)] = line.sent
    assert topic == "tillsight/v1/acme/rome/box-1/cmd"
    assert read_order(message.encode()).id == id
    now[0] += AGAIN_MS
    teller.turn()
    assert len(line.sent) == 2
    with writing(either_engine) as connection:
        assert note_result(connection, "box-1", result_of(id, "done", "blinked"), NOW + 1)
    now[0] += AGAIN_MS
    teller.turn()
    assert len(line.sent) == 2
    found = order(either_engine, id)
    assert (found.outcome, found.words, found.actor) == ("done", ("blinked",), "ada")


def test_what_nobody_answers_in_time_is_over(engine: Engine) -> None:
    id, line, now = given(engine), Line(), [NOW]
    line.there = False
    teller = Teller(engine, line, lambda: now[0])
    teller.turn()
    assert order(engine, id).told is None
    now[0] = order(engine, id).expires + GRACE_MS + 1
    teller.turn()
    assert (order(engine, id).outcome, order(engine, id).words) == ("expired", ("no answer in time",))
    with writing(engine) as connection:  # it was carried out all the same, and that is what counts
        assert note_result(connection, "box-1", result_of(id, "done"), now[0])
    assert order(engine, id).outcome == "done"


def test_the_first_answer_counts_and_only_of_the_devices_own_orders(engine: Engine) -> None:
    id = given(engine)
    with writing(engine) as connection:
        assert not note_result(connection, "box-2", result_of(id, "done"), NOW)
        assert note_result(connection, "box-1", result_of(id, "failed", "no"), NOW)
        assert not note_result(connection, "box-1", result_of(id, "done"), NOW)
        assert not note_result(connection, "box-1", result_of("f" * 16, "done"), NOW)
    assert order(engine, id).outcome == "failed"


def test_orders_and_results_are_in_the_audit_trail(engine: Engine) -> None:
    id = given(engine, "restart")
    with writing(engine) as connection:
        note_result(connection, "box-1", result_of(id, "done"), NOW)
        audit = tables.audit.c
        rows = connection.execute(select(audit.actor, audit.action).order_by(audit.id)).all()
    assert [tuple(row) for row in rows[-2:]] == [("ada", "device.order"), ("box-1", "device.order.result")]


def test_who_asks_for_the_impossible_hears_why(engine: Engine) -> None:
    with writing(engine) as connection:
        for device, kind, minutes in (("box-9", "identify", 1.0), ("box-1", "explode", 1.0)):
            with pytest.raises(OrderNotGiven):
                give(connection, device, kind, actor="ada", minutes=minutes)
        with pytest.raises(OrderNotGiven, match="minutes 2000"):
            give(connection, "box-1", "identify", actor="ada", minutes=2000)
        with pytest.raises(OrderNotGiven, match="pull-model"):
            give(connection, "box-1", "pull-model", actor="ada")
        for _ in range(MOST_OPEN):
            give(connection, "box-1", "identify", actor="ada")
        with pytest.raises(OrderNotGiven, match="wait for it already"):
            give(connection, "box-1", "identify", actor="ada")


def test_old_orders_are_forgotten(engine: Engine) -> None:
    given(engine, now=NOW - 401 * 86_400_000)
    kept = given(engine)
    assert forget_old_orders(engine, NOW) == 1
    with engine.connect() as connection:
        assert [each.id for each in read_orders(connection, "box-1")] == [kept]
        assert [each.id for each in waiting(connection, NOW, "box-1")] == [kept]


def test_a_model_is_known_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.onnx").write_bytes(b"onnx")
    found = model_file(tmp_path, "mine", "yunet", "https://hub.example/")
    assert found.url == f"https://hub.example/api/v1/models/{found.sha256}"
    assert by_digest(tmp_path, found.sha256) == tmp_path / "models" / "mine.onnx"
    assert by_digest(tmp_path, "0" * 64) is None
    for name in ("other", "../mine", "Mine"):
        with pytest.raises(OrderNotGiven):
            model_file(tmp_path, name, "yunet", "https://hub.example")


def test_over_https_a_device_asks_and_answers(fresh_site: Website, ada: Visitor) -> None:
    engine = fresh_site.services.engine
    own = {"Authorization": f"Bearer {create_token(engine, 'own', 'device', 'box-1')}"}
    other = {"Authorization": f"Bearer {create_token(engine, 'other', 'device', 'box-2')}"}
    admin = {"Authorization": f"Bearer {create_token(engine, 'ops', 'ops', None)}"}
    orders, client = "/api/v1/devices/box-1/orders", ada.client
    made = client.post(orders, json={"kind": "test-press"}, headers=admin)
    assert made.status_code == 201, made.text
    assert client.get(f"{orders}/waiting", headers=other).status_code == 404
    [told] = client.get(f"{orders}/waiting", headers=own).json()
    assert (told["id"], told["kind"]) == (made.json()["id"], "test-press")
    result = {"id": told["id"], "outcome": "done", "words": ["stored"]}
    assert client.post(f"{orders}/result", json=result, headers=own).json() == {"done": True}
    assert client.get(f"{orders}/waiting", headers=own).json() == []
    [shown] = client.get(orders, headers=admin).json()
    assert (shown["outcome"], shown["words"], shown["actor"]) == ("done", ["stored"], "token ops")
    assert client.post(orders, json={"kind": "restart"}, headers=own).status_code == 403
    assert client.post(orders, json={"kind": "pull-model"}, headers=admin).status_code == 422


def test_the_buttons_of_a_device_give_orders_and_show_what_came_of_them(
    fresh_site: Website, ada: Visitor
) -> None:
    ada.log_in("ada")
    form = {"csrf_token": ada.csrf_token("/devices/box-1"), "kind": "identify"}
    sent = ada.client.post("/devices/box-1/orders", data=form)
    assert (sent.status_code, sent.headers["location"]) == (303, "/devices/box-1#orders-title")
    page = ada.client.get("/devices/box-1").text
    assert "no answer yet" in page
    assert ada.client.post("/devices/box-1/orders", data=form | {"kind": "pull-model"}).status_code == 422
    assert ada.client.post("/devices/nobody/orders", data=form).status_code == 404
    with fresh_site.services.engine.connect() as connection:
        [given_one] = read_orders(connection, "box-1")
    assert (given_one.kind, given_one.actor) == ("identify", "ada")
