"""Over a whole clip no frame can have left: every call to the kernel that could carry one is looked at."""

import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from tests.conftest import need
from tests.harness.outboxes import new_outbox
from tests.harness.processes import wait_until
from tests.harness.store_clip import CAMERA, EVERY_S, write_store_clip
from tests.harness.system_calls import all_found, leaks, of_program, strace
from tests.harness.vision_world import children, contacts, listening, reports, vision_process, write_config

from tillsight_edge.config import load_config
from tillsight_edge.outbox import Outbox

LEAKY = """
import os, socket, sys
picture = bytes(100_000)
open(sys.argv[1] + "/frame", "wb").write(picture)
mine, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
mine.send(picture[:4_000])
away = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
away.sendto(picture[:100], ("127.0.0.1", 9))
os.write(mine.fileno(), picture[:600])
os.rename(sys.argv[1] + "/frame", sys.argv[1] + "/picture")
os.memfd_create("picture")
"""


def test_what_sees_writes_no_file_opens_no_connection_and_says_nothing_longer_than_a_message(
    tmp_path: Path,
) -> None:
    write_store_clip(tmp_path / "store.mp4")
    camera = {"source": str(tmp_path / "store.mp4"), **CAMERA}
    config = write_config(tmp_path, {"till": camera}, vision={"window_s": 10})
    outbox, log = new_outbox(tmp_path), tmp_path / "calls"
    process = vision_process(tmp_path, config, *need(lambda: strace(log)))
    with listening(load_config(config), outbox) as cameras:
        process.start()
        try:
            process.wait_for(lambda: len(contacts(outbox)) >= 2, "two contacts", 90)
            wait_until(lambda: cameras.now["till"].serving == 1, "somebody who is served")
            for child in children(process.pid, "vision"):
                os.kill(child, signal.SIGTERM)
            assert process.wait() == 0
        finally:
            process.kill()
    assert_that_it_worked(outbox)
    found = leaks(log.read_text(encoding="utf-8"))
    (watch,) = of_program(found, "process.watch")
    (capture,) = of_program(found, "camera.capture")
    assert not all_found([watch, capture])
    assert len(found) == 2
    assert len(watch.sent) > 10
    assert max(watch.sent) <= 512
    assert not capture.sent
    assert capture.calls > 50


def assert_that_it_worked(outbox: Outbox) -> None:
    """A process that does nothing leaks nothing."""
    (first, _), (second, _) = contacts(outbox)[:2]
    assert second.at.mono - first.at.mono == pytest.approx(1000 * EVERY_S, abs=1_500)
    assert all(1.5 <= contact.dwell_s <= 4 for _, contact in contacts(outbox)[:2])
    told = reports(outbox)
    for (earlier, _), (later, report) in pairwise(told):
        assert report.period_s == pytest.approx((later.at.mono - earlier.at.mono) / 1000, abs=0.002)
    assert told[0][1].state == "ok"
    assert 10 < sum(report.working_s for _, report in told) <= sum(report.period_s for _, report in told)


def test_the_same_look_finds_a_process_that_leaks(tmp_path: Path) -> None:
    log = tmp_path / "calls"
    words = [*need(lambda: strace(log)), sys.executable, "-c", LEAKY, tmp_path]
    subprocess.run([str(word) for word in words], check=True)
    (leaky,) = leaks(log.read_text(encoding="utf-8"), from_the_start=True).values()
    text = "\n".join(leaky.found)
    for trace in (
        "opened to write",
        f"wrote 100000 bytes to {tmp_path}/frame",
        "sent 4000 bytes: sendto to UNIX",
        "sent 600 bytes: write to UNIX",
        "opened a socket: AF_INET",
        "spoke to the network: UDP",
        "changed files: rename",
        "changed files: memfd_create",
    ):
        assert trace in text
