"""What mosquitto needs to keep devices apart: who may connect, and what each may say and hear.

The user name is the name in the certificate, and the client id is the user name: nobody can be somebody else,
nor throw anybody off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tillsight_models.topics import CHANNELS, PREFIX, Channel

HUB_NAME = "tillsight-hub"
"""In the hub's own certificate. No device may have this id."""
FROM_DEVICE: tuple[Channel, ...] = tuple(name for name, told in CHANNELS.items() if told.startswith("device"))
TO_DEVICE: tuple[Channel, ...] = tuple(name for name, told in CHANNELS.items() if told.startswith("hub"))
BROKER_LOG = "$SYS/broker/log/#"
"""The hub alone hears whom the broker turned away."""
LARGEST_MESSAGE = 256 * 1024
"""Bytes; a device sends 64 kB at most, and what a hub wants of its screens is the largest message."""
CONF_FILE, ACL_FILE = "tillsight.conf", "tillsight.acl"


@dataclass(frozen=True)
class BrokerFiles:
    """Where the broker finds what."""

    folder: Path
    """For the two files."""
    ca: Path
    certificate: Path
    key: Path
    revocation_list: Path
    port: int = 8883
    address: str = ""
    """Empty means every address of the machine."""

    def write(self) -> None:
        """The configuration and the access list."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / ACL_FILE).write_text(access_list(), encoding="utf-8")
        (self.folder / CONF_FILE).write_text(self.configuration(), encoding="utf-8")

    def configuration(self) -> str:
        """For mosquitto 2.0 and later, as a file of /etc/mosquitto/conf.d."""
        lines = [
            f"listener {self.port} {self.address}".rstrip(),
            f"cafile {self.ca}",
            f"certfile {self.certificate}",
            f"keyfile {self.key}",
            f"crlfile {self.revocation_list}",
            "tls_version tlsv1.2",
            "require_certificate true",
            "use_identity_as_username true",
            "use_username_as_clientid true",
            "allow_anonymous false",
            f"acl_file {self.folder / ACL_FILE}",
            f"message_size_limit {LARGEST_MESSAGE}",
            f"max_packet_size {LARGEST_MESSAGE + 1024}",
            "max_keepalive 600",
            "max_inflight_messages 1000",
            "max_queued_messages 100000",
            "max_queued_bytes 200000000",
            "persistent_client_expiration 30d",
            "set_tcp_nodelay true",
            "log_dest topic",
        ]
        return "\n".join(lines) + "\n"


def access_list() -> str:
    """The hub hears and says everything of ours; a device only what bears its own name."""
    lines = [f"user {HUB_NAME}", f"topic readwrite {PREFIX}/#", f"topic read {BROKER_LOG}", ""]
    lines += _patterns("write", FROM_DEVICE) + _patterns("read", TO_DEVICE)
    return "\n".join([*lines, f"pattern read {PREFIX}/+/hub/state"]) + "\n"


def _patterns(may: str, channels: Sequence[Channel]) -> list[str]:
    return [f"pattern {may} {PREFIX}/+/+/%u/{channel}" for channel in channels]
