"""What the hub asks a device to do: once, in time, and with an answer."""

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from tests.harness.edge_configs import device_config
from tests.harness.outboxes import new_outbox

from tillsight_edge.acts import _check_address, _fetch
from tillsight_edge.errors import OrderRefused
from tillsight_edge.fakes import FakeClock
from tillsight_edge.orders import REMEMBERED, Answer, Orders, Work
from tillsight_edge.outbox import Outbox
from tillsight_models.orders import ModelFile, Order, OrderResult

Begin = Callable[[Order], Work]


class Device:
    """A device that can be identified; it counts how often it was."""

    def __init__(
        self, folder: Path, offset_ms: float | None = 0.0, *, answer: Answer | None = (True, ["ok"])
    ):
        self.clock = FakeClock()
        self.outbox: Outbox = new_outbox(folder)
        self.begun: list[str] = []
        self.answer = answer
        self.orders = Orders(
            self.outbox,
            self.clock,
            lambda: offset_ms,
            {"identify": self.begin, "restart": self.begin},
            device="box-1",
        )

    def begin(self, order: Order) -> Work:
        self.begun.append(order.id)
        return lambda: self.answer

    def take(
        self, id: str = "a" * 16, kind: str = "identify", good_ms: int = 60_000, **more: str
    ) -> Sequence[OrderResult]:
        now = self.clock.stamp().t
        order = {"id": id, "kind": kind, "made": now + good_ms - 60_000, "expires": now + good_ms}
        self.orders.take(json.dumps(order | more).encode())
        self.orders.turn()
        return self.orders.unsent()


def test_an_order_is_carried_out_and_answered(tmp_path: Path) -> None:
    device = Device(tmp_path)
    assert device.take() == [OrderResult(id="a" * 16, outcome="done", words=["ok"])]


def test_an_order_that_comes_again_is_answered_again_and_not_carried_out_again(tmp_path: Path) -> None:
    device = Device(tmp_path)
    (first,) = device.take()
    device.orders.sent(first)
    assert device.orders.unsent() == []
    assert device.take() == [first]
    assert device.begun == ["a" * 16]


def test_nor_after_a_restart_of_the_agent(tmp_path: Path) -> None:
    device = Device(tmp_path)
    (first,) = device.take()
    device.outbox.close()
    again = Device(tmp_path)
    assert again.take() == [first]
    assert again.begun == []


@pytest.mark.parametrize(("kind", "outcome"), [("restart", "done"), ("identify", "failed")])
def test_what_the_end_of_the_agent_cut_short_is_settled_by_the_next(
    tmp_path: Path, kind: str, outcome: str
) -> None:
    device = Device(tmp_path, answer=None)
    assert device.take(kind=kind) == []
    device.outbox.close()
    again = Device(tmp_path)
    again.orders.turn()
    assert [result.outcome for result in again.orders.unsent()] == [outcome]
    again.take(kind=kind)
    assert again.begun == []


def test_an_order_that_comes_too_late_says_so(tmp_path: Path) -> None:
    device = Device(tmp_path)
    (result,) = device.take(good_ms=-5000)
    assert (result.outcome, result.words) == ("expired", ["it came 5 s after its time"])
    assert device.begun == []


def test_its_time_is_the_hubs_and_not_this_clocks(tmp_path: Path) -> None:
    fast = Device(tmp_path, offset_ms=3_600_000.0)
    (result,) = fast.take(good_ms=-5000)
    assert result.outcome == "done"


def test_who_does_not_know_the_time_refuses_after_a_while(tmp_path: Path) -> None:
    device = Device(tmp_path, offset_ms=None)
    device.clock.quality = "unsynced"
    assert device.take() == []
    device.clock.advance(31)
    device.orders.turn()
    (result,) = device.orders.unsent()
    assert (result.outcome, result.words) == ("refused", ["this device does not know what time it is"])


def test_an_order_for_another_device_is_refused_and_the_id_stays_free(tmp_path: Path) -> None:
    device = Device(tmp_path)
    (result,) = device.take(dev="box-2")
    assert (result.outcome, result.words, device.begun) == ("refused", ["it is for box-2"], [])
    device.orders.sent(result)
    assert [each.outcome for each in device.take(dev="box-1")] == ["done"]


def test_what_a_device_cannot_do_is_refused_in_words(tmp_path: Path) -> None:
    (result,) = Device(tmp_path).take(kind="run-check")
    assert (result.outcome, result.words) == ("refused", ["this device cannot do that"])


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[1]",
        b"\xff",
        b'{"id": "zz", "kind": "identify", "made": 1, "expires": 2}',
        b'{"id": "aaaaaaaaaaaaaaaa", "kind": "format-disk", "made": 1, "expires": 2}',
        b'{"id": "aaaaaaaaaaaaaaaa", "kind": "identify", "made": 1, "expires": 99999999999}',
        b"x" * 20_000,
    ],
)
def test_what_is_no_order_is_ignored(tmp_path: Path, raw: bytes) -> None:
    device = Device(tmp_path)
    device.orders.take(raw)
    device.orders.turn()
    assert (device.begun, device.orders.unsent()) == ([], [])


def test_a_device_remembers_a_hundred(tmp_path: Path) -> None:
    device = Device(tmp_path)
    for number in range(REMEMBERED + 20):
        device.take(f"{number:016x}")
    mark = device.outbox.mark("orders")
    assert mark is not None
    assert len(json.loads(mark)) == REMEMBERED


def test_models_come_from_the_hub_alone(tmp_path: Path) -> None:
    config = device_config(tmp_path, hub={"host": "hub.example"})
    _check_address("https://hub.example/api/v1/models/abc", config)
    for url in (
        "https://elsewhere.example/x",
        "http://hub.example/x",
        "file:///etc/passwd",
        "ftp://hub.example/",
    ):
        with pytest.raises(OrderRefused):
            _check_address(url, config)


def test_a_model_that_is_not_the_one_that_was_meant_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served" / "model.onnx").write_bytes(b"a model")
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    config = device_config(tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/model.onnx"
        meant = hashlib.sha256(b"a model").hexdigest()
        wanted = ModelFile(name="mine", like="yunet", sha256=meant, url=url)
        _fetch(wanted, tmp_path / "fetched", config)
        assert (tmp_path / "fetched").read_bytes() == b"a model"
        with pytest.raises(OrderRefused, match="another hash"):
            _fetch(msgspec.structs.replace(wanted, sha256="0" * 64), tmp_path / "other", config)
        with pytest.raises(OrderRefused, match=r"ot found|Not Found"):
            _fetch(msgspec.structs.replace(wanted, url=f"{url}x"), tmp_path / "none", config)
        server.shutdown()
