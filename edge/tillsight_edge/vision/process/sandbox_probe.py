"""Tries what a sandboxed process must not be able to do, and tells what could be done after all.

Each attempt is made so that it does nothing, or next to nothing, where it is not denied.
"""

import ctypes
import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from .sandbox import Profile
from .syscalls import this_machine
from .wire import MAX_BYTES

_NOWHERE = -1
_libc = ctypes.CDLL(None, use_errno=True)


def probe(profile: Profile, folder: Path) -> dict[str, bool]:
    """By name of the attempt, whether it was denied. `folder` is one where this user may write."""
    return {name: _is_denied(attempt) for name, attempt in _attempts(profile, folder)}


def _attempts(profile: Profile, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield from _with_files(folder)
    yield from _with_processes()
    yield from _with_the_machine(folder)
    yield "a socket for raw packets", lambda: _socket(socket.AF_PACKET)
    yield "a socket for the kernel", lambda: _socket(socket.AF_NETLINK)
    if profile is not Profile.CAPTURE_NETWORK:
        yield "a socket for the internet", lambda: _socket(socket.AF_INET)
        yield "a socket for the internet, version 6", lambda: _socket(socket.AF_INET6)
        yield "a call that can hand on an open file", lambda: _call("sendmsg", _NOWHERE, None, 0)
    if profile is not Profile.WATCH:
        yield "a socket on this machine", lambda: _socket(socket.AF_UNIX)
    if profile is Profile.WATCH:
        yield "a packet as large as a picture", lambda: _large(socket.socket.send)
        yield "writing as much as a picture", lambda: _large(lambda line, data: os.write(line.fileno(), data))


def _with_files(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    here, there = os.fsencode(folder / "probe"), os.fsencode(folder / "probed")
    yield "making a file", lambda: _open(here, os.O_WRONLY | os.O_CREAT)
    yield "making a nameless file", lambda: _open(os.fsencode(folder), os.O_TMPFILE | os.O_RDWR)
    yield "making a file in memory", lambda: _open(b"/dev/shm/tillsight-probe", os.O_RDWR | os.O_CREAT)
    yield "writing to a device", lambda: _open(b"/dev/null", os.O_WRONLY)
    yield "appending to a file", lambda: _open(here, os.O_WRONLY | os.O_APPEND)
    yield "emptying a file", lambda: _open(here, os.O_RDONLY | os.O_TRUNC)
    yield "renaming", lambda: _call("renameat2", _NOWHERE, here, _NOWHERE, there, 0)
    yield "linking", lambda: _call("linkat", _NOWHERE, here, _NOWHERE, there, 0)
    yield "a symbolic link", lambda: _call("symlinkat", None, _NOWHERE, there)
    yield "deleting", lambda: _call("unlinkat", _NOWHERE, b"nothing", 0)
    yield "making a folder", lambda: _call("mkdirat", _NOWHERE, b"nothing", 0)
    yield "making a pipe with a name", lambda: _call("mknodat", _NOWHERE, b"nothing", 0o10000, 0)
    yield "cutting a file", lambda: _call("ftruncate", _NOWHERE, 0)
    yield "changing rights", lambda: _call("fchmod", _NOWHERE, 0)
    yield "changing owners", lambda: _call("fchown", _NOWHERE, 0, 0)
    yield "attributes of files", lambda: _call("fsetxattr", _NOWHERE, b"user.probe", None, 0, 0)
    yield "memory with a file's number", lambda: _call("memfd_create", None, 0)


def _with_processes() -> Iterator[tuple[str, Callable[[], object]]]:
    yield "another process", _fork
    yield "another program", lambda: _call("execve", None, None, None)
    yield "looking into a process", lambda: _call("ptrace", 16, _NOWHERE, 0, 0)
    yield "reading a process's memory", lambda: _call("process_vm_readv", _NOWHERE, None, 0, None, 0, 0)
    yield "taking a process's file", lambda: _call("pidfd_getfd", _NOWHERE, 0, 0)
    yield "signals", lambda: _call("kill", os.getpid(), 0)
    yield "shared memory", lambda: _call("shmget", 0, 0, 0)
    yield "message queues", lambda: _call("mq_open", None, 0, 0, None)
    yield "the kernel's key ring", lambda: _call("keyctl", _NOWHERE, 0, 0, 0, 0)
    yield "calls that a filter cannot see", lambda: _call("io_uring_setup", 0, None)


def _with_the_machine(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "mounting", lambda: _call("mount", None, os.fsencode(folder / "nothing"), None, 0, None)
    yield "other name spaces", lambda: _call("unshare", 0)
    yield "another root", lambda: _call("chroot", None)
    yield "programs in the kernel", lambda: _call("bpf", _NOWHERE, None, 0)
    yield "watching the processor", lambda: _call("perf_event_open", None, 0, 0, 0, 0)
    yield "modules of the kernel", lambda: _call("finit_module", _NOWHERE, None, 0)


def _is_denied(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError as error:
        return error.errno == errno.EPERM
    return False


def _call(name: str, *arguments: bytes | int | None) -> None:
    ctypes.set_errno(0)
    words = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    if _libc.syscall(ctypes.c_long(this_machine().calls[name]), *words) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _open(path: bytes, flags: int) -> None:
    os.close(os.open(path, flags, 0o600))
    if flags & os.O_CREAT:
        Path(os.fsdecode(path)).unlink()


def _socket(family: int) -> None:
    kind = socket.SOCK_RAW if family in (socket.AF_NETLINK, socket.AF_PACKET) else socket.SOCK_STREAM
    socket.socket(family, kind).close()


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _large(send: Callable[[socket.socket, bytes], object]) -> None:
    """A message may be sent, and one byte more may not."""
    mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(mine), closing(other):
        mine.send(bytes(MAX_BYTES))
        send(mine, bytes(MAX_BYTES + 1))
