"""MQTT topics: `tillsight/v1/<org>/<site>/<device>/<channel>`."""

import re
from dataclasses import dataclass
from typing import Literal, cast, get_args

from .errors import BadTopic
from .events import SLUG_PATTERN

PREFIX = "tillsight/v1"

Channel = Literal["ev", "state", "birth", "metric", "ack", "cmd", "cmd/res", "cfg", "cfg/is", "presence"]
CHANNELS: dict[Channel, str] = {
    "ev": "device to hub, QoS 1: events, one JSON object or an array",
    "state": "device to hub, retained: ready, disconnected, or lost (the last will)",
    "birth": "device to hub, retained: version, capabilities, stream",
    "metric": "device to hub, QoS 0: health between two health events",
    "ack": "hub to device, retained: what the hub has stored",
    "cmd": "hub to device: commands",
    "cmd/res": "device to hub: results of commands",
    "cfg": "hub to device, retained: wanted configuration",
    "cfg/is": "device to hub, retained: configuration in force",
    "presence": "device to players of signs, retained: whether somebody is there; not from every device",
}

_slug = re.compile(SLUG_PATTERN)


@dataclass(frozen=True)
class DeviceTopics:
    """The topics of one device; `site` is its store."""

    org: str
    site: str
    device: str

    def __post_init__(self) -> None:
        for name in (self.org, self.site, self.device):
            if not _slug.fullmatch(name):
                raise BadTopic(f"topic level {name!r}: expected 1 to 40 of a-z, 0-9 and -")

    def of(self, channel: Channel) -> str:
        """The topic of one channel of this device."""
        return f"{PREFIX}/{self.org}/{self.site}/{self.device}/{channel}"


def every_device(channel: Channel) -> str:
    """The filter that matches one channel of all devices."""
    return f"{PREFIX}/+/+/+/{channel}"


def hub_state(org: str) -> str:
    """Retained topic on which the hub says that it is there."""
    return f"{PREFIX}/{org}/hub/state"


def parse_topic(topic: str) -> tuple[DeviceTopics, Channel]:
    """Device and channel of a topic; BadTopic where it is none of ours."""
    head, _, rest = topic.partition(f"{PREFIX}/")
    levels = rest.split("/", 3)
    if head or len(levels) != 4 or levels[3] not in get_args(Channel):
        raise BadTopic(f"topic {topic[:200]!r}: expected {PREFIX}/<org>/<site>/<device>/<channel>")
    return DeviceTopics(*levels[:3]), cast(Channel, levels[3])
