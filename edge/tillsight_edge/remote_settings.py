"""Settings from the hub in place of the device's own: which sections, and what a device falls ill of."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig
from tillsight_models.events import CameraState
from tillsight_models.wanted import read_device
from tillsight_models.wanted_cameras import read_cameras

from .config import DeviceConfig
from .outbox import Outbox
from .ports import Clock
from .seeing_again import SeeingAgain
from .trial import WATCH_S, Trial, Values
from .wanted import Section
from .wanted_cameras import with_cameras

Apply = Callable[[DeviceConfig, Values], None]
"""Makes the parts follow a configuration, and the process that sees what is wanted of the cameras."""


class RemoteSettings:
    """The hub's sections `device` and, where there are cameras, `cameras`. `trouble` says what is wrong with
    the device now, or nothing. Settings are kept once it is connected. Any thread may call."""

    def __init__(
        self,
        own: DeviceConfig,
        outbox: Outbox,
        clock: Clock,
        *,
        apply: Apply,
        trouble: Callable[[], str],
        is_connected: Callable[[], bool],
        states: Callable[[], Mapping[str, CameraState]] = dict,
        watch_s: float = WATCH_S,
    ) -> None:
        self._own = own
        self._apply = apply
        self._device: Values = {}
        self._cameras: Values = {}
        lock = threading.RLock()
        judge = _Whole(trouble, is_connected)
        self._trials = {
            "device": Trial(
                "device",
                outbox,
                clock,
                lock,
                mark="remote-settings",
                read=read_device,
                use=self._use_device,
                judge=judge,
                watch_s=watch_s,
            )
        }
        if own.cameras:
            self._trials["cameras"] = Trial(
                "cameras",
                outbox,
                clock,
                lock,
                mark="remote-cameras",
                read=read_cameras,
                use=self._use_cameras,
                judge=_Seeing(judge, SeeingAgain(states, clock), own.cameras),
                watch_s=watch_s,
            )

    @property
    def sections(self) -> Mapping[str, Section]:
        """What the hub can set."""
        return {name: _section(trial) for name, trial in self._trials.items()}

    def begin(self) -> None:
        """Follow what was kept."""
        for trial in self._trials.values():
            trial.begin()

    def turn(self) -> None:
        """About once a second."""
        for trial in self._trials.values():
            trial.turn()

    @property
    def is_settled(self) -> bool:
        """Whether nothing is being tried."""
        return all(trial.is_settled for trial in self._trials.values())

    def troubles(self) -> Sequence[str]:
        """Why what was wanted last is not followed."""
        return [line for trial in self._trials.values() for line in trial.troubles()]

    def _use_device(self, values: Values) -> None:
        config = merged(self._own, values, self._cameras)
        self._device = values
        self._apply(config, self._cameras)

    def _use_cameras(self, values: Values) -> None:
        config = merged(self._own, self._device, values)
        self._cameras = values
        self._apply(config, values)


def _section(trial: Trial) -> Section:
    return Section(trial.follow, lambda: trial.is_settled, trial.troubles)


class _Whole:
    """The device as a whole."""

    def __init__(self, trouble: Callable[[], str], is_connected: Callable[[], bool]) -> None:
        self.trouble = trouble
        self.is_well = is_connected

    def begin(self) -> None:
        """Nothing has to be remembered."""


class _Seeing:
    """The device as a whole, and whether its cameras see again."""

    def __init__(self, whole: _Whole, seeing: SeeingAgain, cameras: Mapping[str, Any]) -> None:
        self._whole = whole
        self._seeing = seeing
        self._cameras = cameras

    def begin(self) -> None:
        self._seeing.begin(self._cameras)

    def trouble(self) -> str:
        return self._whole.trouble() or self._seeing.trouble()

    def is_well(self) -> bool:
        return self._whole.is_well() and not self._seeing.blind


def merged(own: DeviceConfig, device: Values, cameras: Values | None = None) -> DeviceConfig:
    """The device's own configuration with these instead; BadConfig where they do not go together."""
    settings = own.model_dump()
    for name, value in device.items():
        section, _, key = name.partition(".")
        settings[section] = {**settings[section], key: value}
    try:
        config = read_settings(settings, DeviceConfig)
    except BadConfig as error:
        raise BadConfig([f"device.{problem}" for problem in error.problems]) from error
    return with_cameras(config, cameras) if cameras else config
