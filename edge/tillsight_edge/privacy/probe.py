"""Runs inside a unit's sandbox and tries to get out: one JSON line for each attempt.

`python -m tillsight_edge.privacy.probe WORDS`: WORDS is a `Question`, and the unit is one that has the
sandbox's own settings.
"""

import base64
import binascii
import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from . import ways
from .finding import Finding

EYES, AGENT = "eyes", "agent"
NOTHING = "nothing"
_CLOSED = ("/dev/shm", "/dev/mqueue", "/home", "/root", "/run/user")  # noqa: S108 - looked at, not used
_NAMES = ("net", "ipc", "mnt")


@dataclass(frozen=True)
class Question:
    """What the probe has to know from outside."""

    part: str
    secrets: tuple[str, ...]
    """Files and folders that are the agent's alone."""
    agent: int
    """Its process; 0: it does not run."""
    outside: dict[str, str]
    """The machine's own name spaces."""

    def write(self) -> str:
        """One word without any letter that a unit file would read as something else."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")


def question_in(word: str) -> Question:
    """What `write` wrote; ValueError for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        return Question(**{**values, "secrets": tuple(values["secrets"])})
    except (binascii.Error, KeyError, TypeError) as error:
        raise ValueError(f"{word!r}: no question for a probe") from error


def attempts(question: Question) -> Iterator[Finding]:
    """All that is tried, in order."""
    if question.part == EYES:
        yield from _as_the_eyes(question)
        yield from _as_those_with_frames(question)
    else:
        yield from _as_the_agent()
    yield from _as_both(question)


def _as_the_eyes(question: Question) -> Iterator[Finding]:
    for name, family in (("the internet", socket.AF_INET), ("the internet, version 6", socket.AF_INET6)):
        yield _refused(question.part, f"a socket for {name}", lambda f=family: _stream(f))
    yield _is(question.part, "networks that it is in", ["lo"], ways.interfaces())
    tried, found = ways.writable_folders()
    yield _is(question.part, f"writing in {tried} folders", [], found)
    for folder in _CLOSED:
        if Path(folder).exists():
            yield _refused(question.part, f"looking into {folder}", lambda f=folder: ways.look_into_folder(f))
    yield _is(question.part, "reading outbox and secrets", [], ways.readable(question.secrets))
    yield _is(question.part, "processes of others", [], ways.visible_processes())
    if question.agent:
        yield _hidden(question.part, "looking into the agent's memory", question.agent)
        yield _refused(question.part, "tracing the agent", lambda: ways.trace(question.agent))
    for name in _NAMES:
        apart = ways.name_space("self", name) != question.outside[name]
        yield Finding(
            question.part, "attempt", f"a {name} of its own", "yes", "yes" if apart else "no", apart
        )


def _as_those_with_frames(question: Question) -> Iterator[Finding]:
    """The processes that hold frames give up the rest themselves: each profile, in a child that enters it."""
    from ..vision.process.sandbox import Profile, enter
    from ..vision.process.sandbox_probe import probe

    for profile in Profile:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            enter(profile)
            text = "; ".join(name for name, denied in probe(profile, Path("/run")).items() if not denied)
            data = f"{text or NOTHING}".encode()
            while data:
                data = data[os.write(writer, data[:500]) :]
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as answer:
            found = answer.read() or "no answer"
        os.waitpid(child, 0)
        what = f"what {profile.value} of frames may still do of what it must not"
        yield Finding(question.part, "attempt", what, NOTHING, found, found == NOTHING)


def _as_the_agent() -> Iterator[Finding]:
    devices = ways.cameras()
    for device in devices:
        yield _refused(AGENT, f"opening {device}", lambda d=device: ways.open_camera(d))
    if not devices:
        yield Finding(AGENT, "attempt", "opening a camera", NOTHING, "no camera is plugged in", True)


def _as_both(question: Question) -> Iterator[Finding]:
    part = question.part
    yield _refused(
        part, "a socket for the kernel", lambda: ways.open_socket(socket.AF_NETLINK, socket.SOCK_RAW)
    )
    yield _refused(
        part, "a socket for raw packets", lambda: ways.open_socket(socket.AF_PACKET, socket.SOCK_RAW)
    )
    yield _refused(part, "memory that is written and run", ways.map_code)
    yield _refused(part, "another personality", ways.change_personality)
    yield _refused(part, "another root", ways.change_root)
    yield _refused(part, "name spaces in which it is root", ways.new_names)
    yield _is(part, "what a crash leaves behind", "0", ways.core_limit())
    yield from process_facts(part, "self")


def process_facts(part: str, process: int | str) -> Iterator[Finding]:
    """What the kernel says of a process: no rights, none to be had, and calls that are filtered."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    kind = "attempt" if process == "self" else "process"
    who = "" if process == "self" else f" of process {process}"
    for key, name, expected in (
        ("Seccomp", "filter of system calls", "2"),
        ("NoNewPrivs", "no new rights", "1"),
        ("CapEff", "root's rights", f"{0:016x}"),
        ("CapBnd", "root's rights that could be had", f"{0:016x}"),
    ):
        found = status.get(key, "missing").strip()
        yield Finding(part, kind, f"{name}{who}", expected, found, found == expected)
    user = status["Uid"].split()[1]
    yield Finding(part, kind, f"user{who}", "not root", "root" if user == "0" else user, user != "0")


def _stream(family: int) -> None:
    ways.open_socket(family, socket.SOCK_STREAM)


def _refused(part: str, what: str, attempt: object) -> Finding:
    assert callable(attempt)
    found = ways.refusal(attempt)
    return Finding(part, "attempt", what, ways.REFUSED, found, found.startswith(ways.REFUSED))


def _hidden(part: str, what: str, process: int) -> Finding:
    """Not to see it at all is as good as being refused."""
    try:
        ways.look_into(process)
    except OSError as error:
        return Finding(part, "attempt", what, ways.REFUSED, f"{ways.REFUSED} ({error.strerror})", True)
    return Finding(part, "attempt", what, ways.REFUSED, "it worked", False)


def _is(part: str, what: str, expected: object, found: object) -> Finding:
    return Finding(part, "attempt", what, _said(expected), _said(found), expected == found)


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or NOTHING
    return str(value)


def main(words: list[str]) -> int:
    """Whatever is found; who asked judges."""
    for found in attempts(question_in(words[0])):
        sys.stdout.write(f"{found.to_json()}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
