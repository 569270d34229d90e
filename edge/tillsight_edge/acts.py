"""How a device carries out each kind of order."""

import hashlib
import os
import tempfile
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tillsight_models.errors import BadConfig, TillsightError
from tillsight_models.manifest import LARGEST_BYTES
from tillsight_models.orders import ModelFile, Order

from .config import LOOPBACK, DeviceConfig, load_config, problems_here
from .errors import OrderRefused, OutboxUnwritable
from .health import HealthWatch
from .model_swap import Earlier, ModelSwap, Seeing, undo_interrupted
from .mqtt import tls_context
from .orders import Act, Answer, Work
from .outbox import Outbox
from .ports import Clock, LightSignal

IDENTIFY_MS = 30_000
STORED_MS = 60_000
"""How long a test press may take to be stored by the hub."""
FETCH_S = 300.0
"""How long one part of a model may take on a slow line."""
PIECE = 65_536


class Acts:
    """The device's side of every order; `by_kind` is what Orders asks for."""

    def __init__(
        self,
        config: DeviceConfig,
        config_file: Path | None,
        *,
        outbox: Outbox,
        clock: Clock,
        health: HealthWatch,
        light: Callable[[LightSignal], None],
        sign: Callable[[bool], bool],
        restart: Callable[[], None],
        seeing: Callable[[], Seeing | None] = lambda: None,
    ) -> None:
        self._config = config
        self._config_file = config_file
        self._outbox = outbox
        self._clock = clock
        self._health = health
        self._light = light
        self._sign = sign
        """Shows or takes down the device's name on its screen; False where it has none."""
        self._restart = restart
        self._seeing = seeing

    def begin(self) -> None:
        """Before cameras are opened: what an earlier agent did not finish is undone."""
        if self._config.cameras:
            undo_interrupted(self._config.vision.models_folder)

    @property
    def by_kind(self) -> Mapping[str, Act]:
        """What this device can do."""
        acts: dict[str, Act] = {"identify": self.identify, "test-press": self.test_press}
        if "NOTIFY_SOCKET" in os.environ:  # else nobody would start it again
            acts["restart"] = self.restart
        if self._config_file is not None:
            acts["run-check"] = self.run_check
        if self._config.cameras:
            acts["pull-model"] = self.pull_model
        return acts

    def restart(self, _: Order) -> Work:
        """The result is told by the agent that comes after this one."""
        self._restart()
        return lambda: None

    def identify(self, _: Order) -> Work:
        """Blink for half a minute: whoever stands in the shop sees which box is meant."""
        end_ms = self._clock.mono_ms() + IDENTIFY_MS
        has_screen = self._sign(True)

        def blink() -> Answer | None:
            if self._clock.mono_ms() < end_ms:
                self._light(LightSignal.THANKS)
                return None
            self._sign(False)
            return True, ["the panel's light and the screen" if has_screen else "the panel's light"]

        return blink

    def test_press(self, _: Order) -> Work:
        """The way of a press from the disk to the hub and back to the light, with a health report in place of
        a rating: nothing of it can be counted."""
        began_ms = self._clock.mono_ms()
        try:
            seq = self._outbox.append(self._health.read(), self._clock.stamp())
        except OutboxUnwritable as error:
            raise OrderRefused(f"nothing can be stored: {error}") from error
        self._light(LightSignal.THANKS)

        def look() -> Answer | None:
            passed_ms = self._clock.mono_ms() - began_ms
            if self._outbox.acked >= seq:
                return True, [f"stored by the hub as number {seq} within {passed_ms / 1000:.0f} s"]
            if passed_ms > STORED_MS:
                return False, [
                    f"number {seq} is on this device, and not at the hub after {STORED_MS // 1000} s"
                ]
            return None

        return look

    def run_check(self, _: Order) -> Work:
        """The lines of `tillsight-edge check`."""
        file = self._config_file
        assert file is not None

        def check() -> Answer:
            problems = list(_problems(file))
            return not problems, problems or [f"{file}: good"]

        return _aside(check)

    def pull_model(self, order: Order) -> Work:
        """Fetch a model from the hub, check its hash, try it, and keep it; one in use as long as cameras see
        with it."""
        from .vision.networks.registry import used_names

        wanted = order.model
        assert wanted is not None
        _check_address(wanted.url, self._config)
        folder, cameras = self._config.vision.models_folder, self._config.cameras
        seeing = self._seeing() if wanted.name in used_names(self._config) else None
        return ModelSwap(
            lambda: self._pull(wanted), Earlier(folder, wanted.name), self._clock, seeing, cameras
        )

    def _pull(self, wanted: ModelFile) -> str:
        from .vision.networks.importing import import_model

        folder = self._config.vision.models_folder
        with tempfile.TemporaryDirectory(prefix=".pull-", dir=self._config.outbox.path.parent) as staged:
            file = Path(staged) / "model.onnx"
            _fetch(wanted, file, self._config)
            model = import_model(folder, wanted.name, file, wanted.like, wanted.sha256)
        return f"{model.name}: {model.path}, for {model.entry.task}"


def _problems(file: Path) -> Iterator[str]:
    try:
        config = load_config(file)
    except BadConfig as error:
        yield from error.problems
        return
    yield from problems_here(config)
    if config.cameras:
        from .vision.networks.registry import model_problems

        yield from model_problems(config)


def _check_address(url: str, config: DeviceConfig) -> None:
    """Models come from the hub and nowhere else."""
    parts = urlsplit(url)
    own = {config.hub.host, urlsplit(config.hub.url).hostname} - {"", None}
    if parts.hostname not in own:
        raise OrderRefused(f"{url}: should be on the hub, {' or '.join(sorted(map(str, own)))}")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise OrderRefused(f"{url}: should begin with https://")


class _NoWayAround(urllib.request.HTTPRedirectHandler):
    """An answer that leads elsewhere is no answer."""

    def redirect_request(self, *_: object) -> None:
        return None


def _fetch(wanted: ModelFile, file: Path, config: DeviceConfig) -> None:
    """OrderRefused where what comes is not what was meant."""
    secure = urllib.request.HTTPSHandler(context=tls_context(config.hub))
    opener = urllib.request.build_opener(secure, _NoWayAround)
    digest, size = hashlib.sha256(), 0
    try:
        with opener.open(wanted.url, timeout=FETCH_S) as answer, file.open("wb") as output:
            while piece := answer.read(PIECE):
                size += len(piece)
                if size > LARGEST_BYTES:
                    raise OrderRefused(f"{wanted.url}: should have at most {LARGEST_BYTES} bytes")
                digest.update(piece)
                output.write(piece)
    except urllib.error.URLError as error:
        raise OrderRefused(f"{wanted.url}: {error.reason}") from error
    if digest.hexdigest() != wanted.sha256:
        raise OrderRefused(f"{wanted.url}: has another hash than {wanted.sha256[:12]}...: not kept")


def _aside(do: Callable[[], Answer]) -> Work:
    """In a thread of its own: shoppers press meanwhile."""
    answers: list[Answer] = []

    def run() -> None:
        try:
            answers.append(do())
        except (TillsightError, OSError, ModuleNotFoundError) as error:
            answers.append((False, str(error).splitlines() or [type(error).__name__]))

    threading.Thread(target=run, name="order", daemon=True).start()
    return lambda: answers[0] if answers else None
