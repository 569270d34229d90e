"""What a process asked the kernel for, as strace writes it, and what of it would be a leak."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .processes import find_program

TRACED = "trace=%file,%network,%process,write,writev,pwrite64,sendfile,splice,ftruncate,memfd_create,seccomp"
LINE = re.compile(r"^(?P<pid>\d+) +(?P<call>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+|\?)")
UNFINISHED = re.compile(r"^(?P<pid>\d+) +(?P<start>.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(?P<pid>\d+) +<\.\.\. \w+ resumed>(?P<rest>.*)$")
TO_WRITE = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
CHANGES = re.compile(
    r"^(creat|rename|link|symlink|unlink|rmdir|mkdir|mknod|truncate|ftruncate|chmod|chown|memfd_create)"
)
SENDS = ("sendto", "sendmsg", "sendmmsg", "write", "writev", "pwrite64", "sendfile", "splice")
LARGEST = 512


@dataclass
class Leaks:
    """What one process did that it must not, and how much it did at all."""

    program: str = ""
    found: list[str] = field(default_factory=list)
    calls: int = 0
    sent: list[int] = field(default_factory=list)
    """Sizes of what was written to sockets."""


def strace(log: Path) -> list[object]:
    """Words to put before a program; MissingPart where there is no strace."""
    program = find_program("strace", "strace")
    return [program, "-f", "-yy", "-s", "64", "-o", log, "-e", TRACED]


def whole_lines(text: str) -> Iterator[str]:
    """A call that was interrupted by another thread's is one line again."""
    begun: dict[str, str] = {}
    for line in text.splitlines():
        if unfinished := UNFINISHED.match(line):
            begun[unfinished["pid"]] = unfinished["start"]
        elif resumed := RESUMED.match(line):
            yield f"{resumed['pid']} {begun.pop(resumed['pid'], '')}{resumed['rest']}"
        else:
            yield line


def leaks(text: str, *, from_the_start: bool = False) -> dict[int, Leaks]:
    """By process, from the moment at which it has given its rights up, or `from_the_start`.

    Threads belong to their process. A call that failed did nothing, and is not counted against it.
    """
    process_of: dict[int, int] = {}
    programs: dict[int, str] = {}
    found: dict[int, Leaks] = {}
    for line in whole_lines(text):
        if not (seen := LINE.match(line)) or seen["result"] == "?":
            continue
        pid, call, arguments, result = int(seen["pid"]), seen["call"], seen["arguments"], int(seen["result"])
        process = process_of.get(pid, pid)
        if call.startswith("clone") and result > 0 and "CLONE_THREAD" in arguments:
            process_of[result] = process
        if call == "execve" and result == 0:
            programs[process] = arguments
        confined = call == "seccomp" and result == 0
        if process not in found and (from_the_start or confined):
            found[process] = Leaks(programs.get(process, ""))
        if process in found and not confined:
            _judge(found[process], call, arguments, result)
    return found


def _judge(leaks: Leaks, call: str, arguments: str, result: int) -> None:
    leaks.calls += 1
    if result < 0:
        return
    if call in ("open", "openat") and TO_WRITE.search(arguments):
        leaks.found.append(f"opened to write: {arguments}")
    if CHANGES.match(call):
        leaks.found.append(f"changed files: {call}({arguments})")
    if call == "socket" and not arguments.startswith("AF_UNIX"):
        leaks.found.append(f"opened a socket: {arguments}")
    if call in ("connect", "bind") and "AF_INET" in arguments:
        leaks.found.append(f"spoke to the network: {arguments}")
    if call in ("execve", "fork", "vfork") or (call.startswith("clone") and "CLONE_THREAD" not in arguments):
        leaks.found.append(f"made a process: {call}")
    if call in SENDS:
        _judge_sent(leaks, call, arguments, result)


def _judge_sent(leaks: Leaks, call: str, arguments: str, result: int) -> None:
    """Where to, by what strace says of the file descriptor."""
    target = re.search(r"<(.*?)>", arguments)
    to = target[1] if target else "?"
    if re.match(r"(UNIX|TCP|UDP|socket)", to):
        leaks.sent.append(result)
        if result > LARGEST:
            leaks.found.append(f"sent {result} bytes: {call} to {to}")
        if not to.startswith("UNIX"):
            leaks.found.append(f"spoke to the network: {to}")
    elif to.startswith("/") and not to.startswith("/dev/"):
        leaks.found.append(f"wrote {result} bytes to {to}")


def of_program(found: dict[int, Leaks], word: str) -> list[Leaks]:
    """Those processes whose command line has this word."""
    return [leaks for leaks in found.values() if word in leaks.program]


def all_found(found: Sequence[Leaks]) -> list[str]:
    return [leak for leaks in found for leak in leaks.found]
