"""What the processes that hold frames may still ask of the kernel: nothing that makes a file or a connection.

A process gives its rights up by itself, without being root, once it has opened what it needs. What is denied
fails with EPERM, so that a mistake is a clear error in a log.
"""

import errno
import io
import os
import socket
from enum import Enum

from . import bpf
from .syscalls import NEWEST, Machine, this_machine
from .wire import MAX_BYTES

_CLONE_THREAD = 0x0001_0000
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0o20000000
"""And __O_TMPFILE, without the O_DIRECTORY that Python's O_TMPFILE brings along."""
_OTHER_CALL_TABLE = 0x4000_0000
"""From here on x86_64 counts the calls of its 32-bit sister."""

FILES = """
chmod chown creat fallocate fchmod fchmodat fchown fchownat fremovexattr fsetxattr ftruncate futimesat lchown
link linkat lremovexattr lsetxattr mkdir mkdirat mknod mknodat open_by_handle_at removexattr rename renameat
renameat2 rmdir setxattr symlink symlinkat truncate unlink unlinkat utime utimensat utimes
"""
MACHINE = """
acct bpf chroot delete_module finit_module fsconfig fsmount fsopen fspick init_module ioperm iopl
kexec_file_load kexec_load mount mount_setattr move_mount open_tree perf_event_open personality pivot_root
quotactl quotactl_fd reboot setns swapoff swapon umount2 unshare userfaultfd
"""
OTHER_PROCESSES = """
add_key execve execveat fork io_setup io_submit io_uring_enter io_uring_register io_uring_setup kcmp keyctl
kill memfd_create memfd_secret mq_open mq_unlink msgget msgsnd pidfd_getfd pidfd_open pidfd_send_signal
process_madvise process_vm_readv process_vm_writev ptrace request_key rt_sigqueueinfo semget shmat shmget
tkill vfork
"""
SERVING = "accept accept4 listen"
OTHER_WAYS_TO_SEND = """
bind copy_file_range pwrite64 pwritev pwritev2 sendfile sendmmsg sendmsg splice tee vmsplice writev
"""
"""`sendmsg` could hand an open file to another process, and with it the ring of frames."""


class LogInPieces(io.TextIOBase):
    """Standard error for a process that may write no more than a message at a time."""

    def write(self, text: str) -> int:
        """All of it, in small pieces."""
        data = text.encode(errors="backslashreplace")
        for start in range(0, len(data), MAX_BYTES):
            os.write(2, data[start : start + MAX_BYTES])
        return len(text)


class Profile(Enum):
    """How much a process keeps."""

    WATCH = "watch"
    """The pipeline: one kind of socket, on this machine only, and nothing written that is larger than the
    language has; what goes to the log goes in pieces, see `LogInPieces`."""
    CAPTURE = "capture"
    """A camera of this machine, or a file: no socket at all."""
    CAPTURE_NETWORK = "capture-network"
    """A network camera: the same, but it may connect."""


def enter(profile: Profile) -> None:
    """Give the rest up, in every thread and for ever; SandboxUnavailable where this machine cannot."""
    bpf.install(program(profile, this_machine()))


def program(profile: Profile, machine: Machine) -> bpf.Program:
    """The kernel's question and our answers, in order; what no rule names is allowed."""
    denied = " ".join((FILES, MACHINE, OTHER_PROCESSES, SERVING)).split()
    if profile is not Profile.CAPTURE_NETWORK:
        denied += OTHER_WAYS_TO_SEND.split()
    rules: bpf.Program = (
        bpf.load(bpf.MACHINE),
        *_unless_equal(machine.audit_arch, bpf.fail()),
        bpf.load(bpf.CALL_NUMBER),
        *bpf.when_more(_OTHER_CALL_TABLE - 1, bpf.fail()),
        *bpf.when_more(NEWEST, bpf.fail(errno.ENOSYS)),
    )
    for name in denied:
        if name in machine.calls:
            rules += bpf.when_equal(machine.calls[name], bpf.fail())
    for name, rule in _with_arguments(profile).items():
        if name in machine.calls:
            rules += bpf.when_equal(machine.calls[name], *rule)
    return (*rules, bpf.allow())


def _with_arguments(profile: Profile) -> dict[str, bpf.Program]:
    """Rules of calls that may happen in some ways. Each ends with an answer."""
    read_only = (*bpf.when_any(_TO_WRITE, bpf.fail()), bpf.allow())
    rules: dict[str, bpf.Program] = {
        "open": (bpf.argument(1), *read_only),
        "openat": (bpf.argument(2), *read_only),
        "openat2": (bpf.fail(errno.ENOSYS),),  # its flags lie behind a pointer that no filter can follow
        "clone": (bpf.argument(0), *bpf.when_any(_CLONE_THREAD, bpf.allow()), bpf.fail()),
        "clone3": (bpf.fail(errno.ENOSYS),),  # the same; who wants a thread falls back to `clone`
    }
    families = {
        Profile.WATCH: (socket.AF_UNIX,),
        Profile.CAPTURE: (),
        Profile.CAPTURE_NETWORK: (socket.AF_INET, socket.AF_INET6),
    }[profile]
    answers = [instruction for family in families for instruction in bpf.when_equal(family, bpf.allow())]
    rules["socket"] = rules["socketpair"] = (bpf.argument(0), *answers, bpf.fail())
    if profile is Profile.WATCH:
        rules["sendto"] = rules["write"] = (
            bpf.high_half(2),
            *bpf.when_more(0, bpf.fail()),
            bpf.argument(2),
            *bpf.when_more(MAX_BYTES, bpf.fail()),
            bpf.allow(),
        )
    return rules


def _unless_equal(value: int, *then: bpf.Instruction) -> bpf.Program:
    return (bpf.Instruction(bpf.JUMP_EQUAL, value, len(then), 0), *then)
