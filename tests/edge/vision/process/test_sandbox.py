"""The sandbox: what it denies here is tried, what it denies on other machines is calculated."""

import errno
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.harness.bpf_machine import answer

from tillsight_edge.vision.errors import SandboxUnavailable
from tillsight_edge.vision.process.bpf import ALLOW, FAIL_WITH
from tillsight_edge.vision.process.sandbox import Profile, program
from tillsight_edge.vision.process.syscalls import MACHINES, NEWEST, this_machine

DENIED, NO_SUCH_CALL = FAIL_WITH | errno.EPERM, FAIL_WITH | errno.ENOSYS
EVERYWHERE = [(machine, profile) for machine in MACHINES for profile in Profile]
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}

PROBE = """
import json, os, sys, threading
from pathlib import Path
from tillsight_edge.vision.process.sandbox import Profile, enter
from tillsight_edge.vision.process.sandbox_probe import probe

profile, folder, inside = Profile(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "inside"
found, ready = {}, threading.Event()

def elsewhere():
    ready.wait()
    found["older thread"] = probe(profile, folder)

thread = threading.Thread(target=elsewhere)
thread.start()
if inside:
    enter(profile)
found["main thread"] = probe(profile, folder)
ready.set()
thread.join()
words = json.dumps(found).encode()
while words:
    words = words[os.write(1, words[:512]):]
"""


def probed(profile: Profile, folder: Path, where: str) -> dict[str, dict[str, bool]]:
    words = [sys.executable, "-c", PROBE, profile.value, str(folder), where]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, dict[str, bool]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("profile", list(Profile))
def test_everything_that_the_probe_tries_is_denied_in_every_thread(profile: Profile, tmp_path: Path) -> None:
    for thread, found in probed(profile, tmp_path, "inside").items():
        assert len(found) > 30
        assert not (possible := [name for name, denied in found.items() if not denied]), (thread, possible)
    assert not list(tmp_path.iterdir())


def test_without_a_sandbox_the_same_probe_finds_a_lot(tmp_path: Path) -> None:
    found = probed(Profile.WATCH, tmp_path, "outside")["main thread"]
    harmless = {
        "making a file",
        "a socket for the internet",
        "another process",
        "a packet as large as a picture",
    }
    assert not any(found[name] for name in harmless)


def test_the_log_of_a_process_in_the_sandbox_is_whole() -> None:
    said = """
import logging, sys
from tillsight_edge.vision.process.sandbox import LogInPieces, Profile, enter
sys.stderr = LogInPieces()
logging.basicConfig(format="%(message)s")
enter(Profile.WATCH)
logging.error("x" * 5_000 + "\u00e4")
raise ValueError("y" * 3_000)
"""
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=False)
    assert done.stderr.startswith("x" * 5_000 + "\u00e4\nTraceback")
    assert done.stderr.endswith("ValueError: " + "y" * 3_000 + "\n")


def test_a_network_camera_may_connect_and_not_serve() -> None:
    said = """
import socket
from tillsight_edge.vision.process.sandbox import Profile, enter
enter(Profile.CAPTURE_NETWORK)
line = socket.socket()
print(line.connect_ex(("127.0.0.1", 9)))
try:
    line.listen()
except PermissionError:
    print("denied")
"""
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(errno.ECONNREFUSED), "denied"]


@pytest.mark.parametrize(("machine", "profile"), EVERYWHERE)
def test_files_are_read_and_not_written(machine: str, profile: Profile) -> None:
    arch, calls = MACHINES[machine].audit_arch, MACHINES[machine].calls
    rules = program(profile, MACHINES[machine])
    for flags in (os.O_RDONLY, os.O_RDONLY | os.O_CLOEXEC, 0o100000, os.O_DIRECTORY | os.O_NOFOLLOW):
        assert answer(rules, arch, calls["openat"], 0, 0, flags) == ALLOW
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_RDWR | os.O_TMPFILE):
        assert answer(rules, arch, calls["openat"], 0, 0, flags) == DENIED
        if "open" in calls:
            assert answer(rules, arch, calls["open"], 0, flags) == DENIED
    for name in ("unlinkat", "mkdirat", "renameat2", "ftruncate", "linkat"):
        assert answer(rules, arch, calls[name]) == DENIED
    assert answer(rules, arch, calls["openat2"]) == NO_SUCH_CALL


@pytest.mark.parametrize(("machine", "profile"), EVERYWHERE)
def test_threads_may_be_made_and_processes_not(machine: str, profile: Profile) -> None:
    arch, calls = MACHINES[machine].audit_arch, MACHINES[machine].calls
    rules = program(profile, MACHINES[machine])
    as_glibc_makes_a_thread = 0x3D0F00
    assert answer(rules, arch, calls["clone"], as_glibc_makes_a_thread) == ALLOW
    assert answer(rules, arch, calls["clone"], 0x1200011) == DENIED
    assert answer(rules, arch, calls["clone3"]) == NO_SUCH_CALL
    assert answer(rules, arch, calls["execve"]) == DENIED


@pytest.mark.parametrize("machine", MACHINES)
def test_sockets_are_for_whom_they_are_meant(machine: str) -> None:
    arch, calls = MACHINES[machine].audit_arch, MACHINES[machine].calls
    local, internet, internet6, netlink = 1, 2, 10, 16
    allowed = {
        Profile.WATCH: {local},
        Profile.CAPTURE: set[int](),
        Profile.CAPTURE_NETWORK: {internet, internet6},
    }
    for profile, families in allowed.items():
        rules = program(profile, MACHINES[machine])
        for family in (local, internet, internet6, netlink):
            expected = ALLOW if family in families else DENIED
            assert answer(rules, arch, calls["socket"], family) == expected


@pytest.mark.parametrize("machine", MACHINES)
def test_the_watching_process_sends_no_packet_larger_than_a_message(machine: str) -> None:
    arch, calls = MACHINES[machine].audit_arch, MACHINES[machine].calls
    rules = program(Profile.WATCH, MACHINES[machine])
    sizes = {1: ALLOW, 512: ALLOW, 513: DENIED, 1 << 32: DENIED, (1 << 32) + 1: DENIED}
    for call in ("sendto", "write"):
        assert {size: answer(rules, arch, calls[call], 3, 0, size) for size in sizes} == sizes
    assert answer(rules, arch, calls["sendmsg"], 3) == DENIED


@pytest.mark.parametrize(("machine", "profile"), EVERYWHERE)
def test_calls_of_another_kind_of_machine_or_of_a_newer_kernel_do_not_get_around_it(
    machine: str, profile: Profile
) -> None:
    rules = program(profile, MACHINES[machine])
    arch = MACHINES[machine].audit_arch
    assert answer(rules, 0x4000_0003, 5) == DENIED  # 32-bit x86
    assert answer(rules, arch, 0x4000_0000 | 2) == DENIED
    assert answer(rules, arch, NEWEST + 1) == NO_SUCH_CALL
    assert answer(rules, arch, NEWEST) == ALLOW
    assert len(rules) < 4096


@pytest.mark.parametrize("machine", MACHINES)
def test_the_numbers_are_the_kernels(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("no kernel headers here: apt-get install linux-libc-dev")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text(encoding="ascii"))
    kernels = {name: int(number) for name, number in found}
    known = MACHINES[machine].calls
    assert {name: kernels[name] for name in known if name in kernels} == {
        name: number for name, number in known.items() if name in kernels
    }
    assert len(known.keys() & kernels.keys()) > 80


def test_a_machine_whose_calls_nobody_looked_up_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "armv7l")
    with pytest.raises(
        SandboxUnavailable, match="'armv7l': the vision process needs a 64-bit x86_64 or aarch64"
    ):
        this_machine()
