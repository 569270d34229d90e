"""Ansible's way into a booted test machine: `ansible_machine_leader` is the process id of its systemd."""

import subprocess
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: machine
short_description: enter a booted test machine
description: runs commands by nsenter.
options:
  leader:
    description: process id of its systemd
    vars: [{name: ansible_machine_leader}]
"""


class Connection(ConnectionBase):  # type: ignore[misc]
    """By nsenter."""

    transport = "machine"
    has_pipelining = True

    def _connect(self) -> "Connection":
        self._connected = True
        return self

    def exec_command(
        self, cmd: str, in_data: bytes | None = None, sudoable: bool = True
    ) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        done = self._enter(["/bin/sh", "-c", cmd], in_data or b"")
        return done.returncode, done.stdout, done.stderr

    def put_file(self, in_path: str, out_path: str) -> None:
        super().put_file(in_path, out_path)
        with Path(in_path).open("rb") as content:
            done = self._enter(["/bin/sh", "-c", 'cat > "$0"', out_path], content)
        if done.returncode:
            raise AnsibleError(f"{out_path}: {done.stderr.decode()}")

    def fetch_file(self, in_path: str, out_path: str) -> None:
        super().fetch_file(in_path, out_path)
        Path(out_path).write_bytes(self._enter(["cat", in_path], b"").stdout)

    def close(self) -> None:
        self._connected = False

    def _enter(self, words: list[str], given: Any) -> "subprocess.CompletedProcess[bytes]":
        leader = self.get_option("leader")
        how = {"input": given} if isinstance(given, bytes) else {"stdin": given}
        enter = ["nsenter", f"--target={leader}", "--all", "--", *words]
        return subprocess.run(enter, capture_output=True, check=False, **how)
