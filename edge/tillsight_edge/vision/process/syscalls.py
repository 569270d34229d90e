"""Numbers of the system calls that the sandbox knows, on the two kinds of machine that can run the models."""

import platform
from dataclasses import dataclass

from ..errors import SandboxUnavailable

NEWEST = 450
"""Of Linux 6.1. The same on both machines from 424 on; later calls are answered as an older kernel does."""

_TABLE = """
accept 43 202 | accept4 288 242 | acct 163 89 | add_key 248 217 | bind 49 200 | bpf 321 280 | chmod 90 -
chown 92 - | chroot 161 51 | clone 56 220 | clone3 435 435 | connect 42 203 | copy_file_range 326 285
creat 85 - | delete_module 176 106 | execve 59 221 | execveat 322 281 | fallocate 285 47 | fchmod 91 52
fchmodat 268 53 | fchown 93 55 | fchownat 260 54 | finit_module 313 273 | fork 57 - | fremovexattr 199 16
fsconfig 431 431 | fsetxattr 190 7 | fsmount 432 432 | fsopen 430 430 | fspick 433 433 | ftruncate 77 46
futimesat 261 - | init_module 175 105 | io_setup 206 0 | io_submit 209 2 | io_uring_enter 426 426
io_uring_register 427 427 | io_uring_setup 425 425 | ioperm 173 - | iopl 172 - | kcmp 312 272
kexec_file_load 320 294 | kexec_load 246 104 | keyctl 250 219 | kill 62 129 | lchown 94 - | link 86 -
linkat 265 37 | listen 50 201 | lremovexattr 198 15 | lsetxattr 189 6 | memfd_create 319 279
memfd_secret 447 447 | mkdir 83 - | mkdirat 258 34 | mknod 133 - | mknodat 259 33 | mount 165 40
mount_setattr 442 442 | move_mount 429 429 | mq_open 240 180 | mq_unlink 241 181 | msgget 68 186
msgsnd 69 189 | open 2 - | open_by_handle_at 304 265 | open_tree 428 428 | openat 257 56 | openat2 437 437
perf_event_open 298 241 | personality 135 92 | pidfd_getfd 438 438 | pidfd_open 434 434
pidfd_send_signal 424 424 | pivot_root 155 41 | process_madvise 440 440 | process_vm_readv 310 270
process_vm_writev 311 271 | ptrace 101 117 | pwrite64 18 68 | pwritev 296 70 | pwritev2 328 287
quotactl 179 60 | quotactl_fd 443 443 | reboot 169 142 | removexattr 197 14 | rename 82 - | renameat 264 38
renameat2 316 276 | request_key 249 218 | rmdir 84 - | rt_sigqueueinfo 129 138 | semget 64 190
sendfile 40 71 | sendmmsg 307 269 | sendmsg 46 211 | sendto 44 206 | setns 308 268 | setxattr 188 5
shmat 30 196 | shmget 29 194 | socket 41 198 | socketpair 53 199 | splice 275 76 | swapoff 168 225
swapon 167 224 | symlink 88 - | symlinkat 266 36 | tee 276 77 | tkill 200 130 | truncate 76 45
umount2 166 39 | unlink 87 - | unlinkat 263 35 | unshare 272 97 | userfaultfd 323 282 | utime 132 -
utimensat 280 88 | utimes 235 - | vfork 58 - | vmsplice 278 75 | write 1 64 | writev 20 66
"""


@dataclass(frozen=True)
class Machine:
    """What the kernel calls this machine, and its call numbers; calls that it does not have are not there."""

    audit_arch: int
    calls: dict[str, int]


def _column(place: int) -> dict[str, int]:
    rows = [entry.split() for line in _TABLE.split("\n") for entry in line.split("|") if entry.strip()]
    return {row[0]: int(row[place]) for row in rows if row[place] != "-"}


MACHINES = {
    "x86_64": Machine(0xC000_003E, _column(1)),
    "aarch64": Machine(0xC000_00B7, _column(2)),
}


def this_machine() -> Machine:
    """Where we run; SandboxUnavailable where nobody has looked its calls up, a 32-bit system for example."""
    name = platform.machine()
    if name not in MACHINES or platform.architecture()[0] != "64bit":
        known = " or ".join(MACHINES)
        raise SandboxUnavailable(f"machine {name!r}: the vision process needs a 64-bit {known}")
    return MACHINES[name]
