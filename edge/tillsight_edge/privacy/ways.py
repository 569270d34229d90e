"""Ways out of a sandbox, tried by a process that is in it: each says what was found, and does no harm."""

import contextlib
import ctypes
import errno
import mmap
import os
import resource
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

REFUSED = "refused"
_DEPTH = 3
"""Of folders that are tried; every mount is tried besides."""
_NO_LOOK = ("/proc", "/sys")
_NEW_USER_NAMES = 0x1000_0000
_FIXED_ADDRESSES = 0x004_0000
_libc = ctypes.CDLL(None, use_errno=True)


def refusal(attempt: Callable[[], object]) -> str:
    """`refused (EPERM)`, or what happened instead."""
    try:
        attempt()
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, str(error.errno))
        denied = error.errno in (errno.EPERM, errno.EACCES, errno.EAFNOSUPPORT, errno.EROFS)
        return f"{REFUSED} ({name})" if denied else f"not refused ({name})"
    return "it worked"


def open_socket(family: int, kind: int) -> None:
    socket.socket(family, kind).close()


def open_camera(path: Path) -> None:
    """As a driver does; ENXIO or ENODEV mean that the kernel would have let it through."""
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


def cameras() -> list[Path]:
    """Devices of this machine that give pictures, or lead to some."""
    return sorted(path for pattern in ("video*", "media*") for path in Path("/dev").glob(pattern))


def writable_folders() -> tuple[int, list[str]]:
    """How many were tried, and in which of them a file could be made."""
    tried = sorted({*_mounts(), *_folders("/", _DEPTH)})
    return len(tried), [folder for folder in tried if _takes_a_file(folder)]


def readable(paths: Iterable[str]) -> list[str]:
    """Which of these files can be opened, and which folders listed."""
    return [path for path in paths if _can_be_read(Path(path))]


def visible_processes() -> list[int]:
    """Numbers of processes of other users, as far as this one is shown any."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            number = int(entry.name)
            if entry.stat().st_uid != os.getuid():
                found.append(number)
    return sorted(found)


def name_space(process: int | str, name: str) -> str:
    """Equal for two processes that are in the same one."""
    return str(Path(f"/proc/{process}/ns/{name}").readlink())


def look_into_folder(folder: str) -> None:
    list(Path(folder).iterdir())


def look_into(process: int) -> None:
    """The memory of another process."""
    os.close(os.open(f"/proc/{process}/mem", os.O_RDONLY))


def trace(process: int) -> None:
    _call(_libc.ptrace, 0x4206, process, None, None)  # PTRACE_SEIZE, which does not stop it


def map_code() -> None:
    """Memory that can be written and run."""
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def change_personality() -> None:
    _call(_libc.personality, ctypes.c_ulong(_FIXED_ADDRESSES))


def change_root() -> None:
    """To nowhere: EFAULT where the call is let through."""
    _call(_libc.chroot, None)


def new_names() -> None:
    """Name spaces of its own, in which it would be root; in a child, which ends with it."""
    child = os.fork()
    if child == 0:
        ctypes.set_errno(0)
        os._exit(ctypes.get_errno() if _libc.unshare(_NEW_USER_NAMES) == -1 else 0)
    _, status = os.waitpid(child, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise OSError(code, os.strerror(code))


def core_limit() -> str:
    """Of what a crash may leave behind; `0` is nothing, also later."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    return str(soft) if soft == hard else f"{soft}, which it may raise to {hard}"


def interfaces() -> list[str]:
    """Of the network that this process is in."""
    lines = Path("/proc/self/net/dev").read_text(encoding="ascii").splitlines()[2:]
    return sorted(line.split(":")[0].strip() for line in lines)


def _call(function: Callable[..., int], *arguments: object) -> None:
    ctypes.set_errno(0)
    if function(*arguments) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _mounts() -> Iterator[str]:
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        yield line.split()[1].encode().decode("unicode_escape")


def _folders(top: str, depth: int) -> Iterator[str]:
    yield top
    if depth == 0 or top in _NO_LOOK:
        return
    with contextlib.suppress(OSError), os.scandir(top) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _folders(entry.path, depth - 1)


def _takes_a_file(folder: str) -> bool:
    path = Path(folder, f".tillsight-probe-{os.getpid()}")
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:
        return False
    path.unlink()
    return True


def _can_be_read(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True
