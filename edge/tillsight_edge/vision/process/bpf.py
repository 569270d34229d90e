"""A very small assembler for the filters that the kernel asks before each system call."""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass
from typing import TypeAlias

from ..errors import SandboxUnavailable

Program: TypeAlias = tuple["Instruction", ...]

LOAD_WORD, JUMP_EQUAL, JUMP_MORE, JUMP_ANY_BIT, AND, RETURN = 0x20, 0x15, 0x25, 0x45, 0x54, 0x06
ALLOW, FAIL_WITH = 0x7FFF_0000, 0x0005_0000

CALL_NUMBER, MACHINE = 0, 4
"""Where the kernel's `struct seccomp_data` has them; arguments begin at 16, 8 bytes each, low half first."""

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38
_SECCOMP_SET_MODE_FILTER, _ALL_THREADS = 1, 1
_SECCOMP_CALL = {"x86_64": 317, "aarch64": 277}


@dataclass(frozen=True)
class Instruction:
    """As the kernel has it; the jumps count instructions to skip."""

    code: int
    value: int
    if_true: int = 0
    if_false: int = 0

    def packed(self) -> bytes:
        """The kernel's `struct sock_filter`."""
        return struct.pack("=HBBI", self.code, self.if_true, self.if_false, self.value)


def load(offset: int) -> Instruction:
    """The word at this place of the call's description; whatever follows looks at it."""
    return Instruction(LOAD_WORD, offset)


def argument(place: int) -> Instruction:
    """The low half of an argument, 0 is the first: all of it where it is an int."""
    return load(16 + 8 * place)


def high_half(place: int) -> Instruction:
    """The upper half of an argument."""
    return load(20 + 8 * place)


def allow() -> Instruction:
    """Let the call happen."""
    return Instruction(RETURN, ALLOW)


def fail(number: int = errno.EPERM) -> Instruction:
    """The call fails with this error: a mistake is told, and does not kill."""
    return Instruction(RETURN, FAIL_WITH | number)


def when_equal(value: int, *then: Instruction) -> Program:
    """Do this where the loaded word is `value`, else go on behind it."""
    return (Instruction(JUMP_EQUAL, value, 0, len(then)), *then)


def when_more(value: int, *then: Instruction) -> Program:
    """Do this where the loaded word is more than `value`."""
    return (Instruction(JUMP_MORE, value, 0, len(then)), *then)


def when_any(bits: int, *then: Instruction) -> Program:
    """Do this where the loaded word has any of the bits."""
    return (Instruction(JUMP_ANY_BIT, bits, 0, len(then)), *then)


def install(program: Program) -> None:
    """Ask this filter before each call of each thread of this process from now on; there is no way back.

    Also: no privileges can be gained, and a crash leaves no picture of the memory on a disk.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise _refused("no-new-privileges")
    code = b"".join(instruction.packed() for instruction in program)
    held = ctypes.create_string_buffer(code, len(code))
    filter = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(held)))
    call = _SECCOMP_CALL[os.uname().machine]
    if libc.syscall(call, _SECCOMP_SET_MODE_FILTER, _ALL_THREADS, filter):
        raise _refused("seccomp")


def _refused(what: str) -> SandboxUnavailable:
    return SandboxUnavailable(f"{what}: the kernel refuses: {os.strerror(ctypes.get_errno())}")
