"""Which of systemd's settings the privacy split rests on, and whether they are in force."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .finding import Finding
from .probe import AGENT, EYES

_CLOSED = ("/dev/shm", "/dev/mqueue", "/var/lib/tillsight/outbox.db")  # noqa: S108 - they are what is looked for
_AGENT_FAMILIES = {"AF_UNIX", "AF_INET", "AF_INET6"}
_CAMERA_DEVICES = {"char-video4linux", "char-media", "/dev/dma_heap", "char-dma_heap", "char-drm"}
_FORBIDDEN_CALLS = {"chown", "setuid", "mount", "setpriority", "ptrace", "clock_settime"}


@dataclass(frozen=True)
class Wanted:
    """What `systemctl show` should say of a setting."""

    words: str
    is_met: Callable[[str], bool]


def _exactly(value: str) -> Wanted:
    return Wanted(value or "nothing", lambda found: found == value)


def _with(*parts: str) -> Wanted:
    words = set(parts)
    return Wanted(" ".join(parts), lambda found: words <= {word.lstrip("-+") for word in found.split()})


def _without(part: str) -> Wanted:
    return Wanted(f"no {part}", lambda found: part not in found)


def _calls(found: str) -> bool:
    calls = set(found.split())
    return len(calls) > 1 and not found.startswith("~") and not calls & _FORBIDDEN_CALLS


_YES = _exactly("yes")
_BOTH: Mapping[str, Wanted] = {
    **dict.fromkeys(
        (
            *("ProtectHome", "PrivateIPC", "RemoveIPC", "PrivateMounts", "NoNewPrivileges", "ProtectClock"),
            *("ProtectHostname", "ProtectKernelTunables", "ProtectKernelModules", "ProtectKernelLogs"),
            *("ProtectControlGroups", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID"),
            *("LockPersonality", "MemoryDenyWriteExecute"),
        ),
        _YES,
    ),
    "ProtectSystem": _exactly("strict"),
    "DevicePolicy": _exactly("closed"),
    "CapabilityBoundingSet": _exactly(""),
    "AmbientCapabilities": _exactly(""),
    "ProtectProc": _exactly("invisible"),
    "KeyringMode": _exactly("private"),
    "SystemCallArchitectures": _exactly("native"),
    "SystemCallFilter": Wanted("a list without those of root", _calls),
    "LimitCORE": _exactly("0"),
}
SETTINGS: Mapping[str, Mapping[str, Wanted]] = {
    EYES: {
        **_BOTH,
        "User": Wanted("a user of its own", lambda found: found not in ("", "root", "0", "tillsight")),
        "Group": _exactly("tillsight"),
        "UMask": _exactly("0777"),
        "PrivateNetwork": _YES,
        "RestrictAddressFamilies": _exactly("AF_UNIX"),
        "IPAddressDeny": _with("0.0.0.0/0", "::/0"),
        "ReadOnlyPaths": _with("/", "/run"),
        "InaccessiblePaths": _with(*_CLOSED),
        "DeviceAllow": Wanted(
            "cameras only", lambda found: not _devices(found) - _CAMERA_DEVICES - {"char-rtc"}
        ),
        "MemorySwapMax": _exactly("0"),
        "MemoryMax": Wanted("a number", str.isdigit),
        "NotifyAccess": _exactly("main"),
    },
    AGENT: {
        **_BOTH,
        "User": Wanted("a user of its own", lambda found: found not in ("", "root", "0", "tillsight-vision")),
        "SupplementaryGroups": _without("video"),
        "RestrictAddressFamilies": Wanted(
            "internet and this machine", lambda found: set(found.split()) == _AGENT_FAMILIES
        ),
        "PrivateTmp": _YES,
        "DeviceAllow": Wanted("no camera", lambda found: not _devices(found) & _CAMERA_DEVICES),
        "UMask": _exactly("0077"),
    },
}
"""By part and setting, as a unit file calls it."""


# `ProtectClock` allows looking at the clock of the board by itself: `char-rtc r`.


def in_force(part: str, shown: Mapping[str, str]) -> Iterator[Finding]:
    """Of what systemd says of the unit."""
    for name, wanted in SETTINGS[part].items():
        found = shown.get(name, "")
        brief = found if len(found) < 60 else f"{found[:57]}..."
        yield Finding(part, "setting", name, wanted.words, brief or "nothing", wanted.is_met(found))


def _devices(found: str) -> set[str]:
    return {word for word in found.split() if word.startswith(("char-", "block-", "/dev"))}
