"""systemd's units of this machine: what is in force, and a probe that is run with the same settings."""

import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tillsight_models.errors import TillsightError

from .finding import Finding, finding_of
from .probe import Question

UNITS = {"eyes": "tillsight-vision.service", "agent": "tillsight-edge.service"}
RUNTIME_UNITS = Path("/run/systemd/system")
_NOT_OF_THE_SANDBOX = (
    *("Type=", "Exec", "Restart", "WatchdogSec=", "NotifyAccess=", "Timeout", "RuntimeMaxSec=", "PIDFile="),
    *("Sockets=", "Standard", "FileDescriptorStoreMax=", "SuccessExitStatus=", "RuntimeDirectoryPreserve="),
)
PROBE_S = 60


class CannotVerify(TillsightError, RuntimeError):
    """The sandboxes of this machine cannot be looked at; the text says why."""


def shown(unit: str) -> dict[str, str]:
    """What systemd has in force, by name."""
    lines = _systemctl("show", "--no-pager", unit).splitlines()
    values: dict[str, str] = {}
    for name, found, value in (line.partition("=") for line in lines):
        if found:
            values[name] = f"{values[name]} {value}" if name in values else value
    if values.get("LoadState") != "loaded":
        raise CannotVerify(f"{unit}: {values.get('LoadState', 'unknown')} to systemd: is it installed?")
    return values


def probed(unit: str, question: Question) -> list[Finding]:
    """What a process finds that is started as this unit's is."""
    name = f"tillsight-privacy-{question.part}-{secrets.token_hex(4)}"
    answers = Path("/run") / f"{name}.json"
    with _unit(name, probe_unit(_systemctl("cat", unit), question, answers)):
        done = _run("systemctl", "start", f"{name}.service")
        try:
            lines = answers.read_text(encoding="utf-8").splitlines()
        except OSError:
            lines = []
        finally:
            answers.unlink(missing_ok=True)
        if done.returncode or not lines:
            said = _run("journalctl", "--no-pager", "-o", "cat", "-n", "3", "-u", f"{name}.service").stdout
            whole = Finding(
                question.part, "attempt", "the probe", "an end", said.strip()[-300:] or "none", False
            )
            return [*map(finding_of, lines), whole]
    return [finding_of(line) for line in lines]


def probe_unit(text: str, question: Question, answers: Path) -> str:
    """A unit with the sandbox of another one, drop-ins included, that runs the probe once."""
    kept = "\n".join(_sandbox_lines(text.splitlines()))
    program = f"{sys.executable} -m tillsight_edge.privacy.probe {question.write()}"
    return f"""[Unit]
Description=Tillsight looks whether a sandbox holds
[Service]
{kept}
Type=oneshot
ExecStart={program}
TimeoutStartSec={PROBE_S}
RuntimeDirectoryPreserve=yes
StandardOutput=truncate:{answers}
StandardError=journal
"""


def _sandbox_lines(lines: Sequence[str]) -> Iterator[str]:
    section, goes_on = "", False
    for line in lines:
        if goes_on:
            goes_on = line.endswith("\\")
            continue
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line.startswith(_NOT_OF_THE_SANDBOX):
            goes_on = line.endswith("\\")
        elif section == "[Service]" and line and not line.startswith(("#", ";")):
            yield line


@contextmanager
def _unit(name: str, text: str) -> Iterator[None]:
    file = RUNTIME_UNITS / f"{name}.service"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        _systemctl("daemon-reload")
        yield
    except OSError as error:
        raise CannotVerify(f"{file}: {error.strerror}: run it as root") from error
    finally:
        file.unlink(missing_ok=True)
        _run("systemctl", "reset-failed", f"{name}.service")
        _run("systemctl", "daemon-reload")


def _systemctl(*words: str) -> str:
    done = _run("systemctl", *words)
    if done.returncode:
        raise CannotVerify(f"systemctl {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _run(*words: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotVerify(f"{words[0]}: {error.strerror}: this machine has no systemd") from error


def started_since(unit: str, values: Mapping[str, str]) -> Finding:
    """Whether what runs was started with the settings that are in force."""
    part = next(part for part, name in UNITS.items() if name == unit)
    stale = values.get("NeedDaemonReload") == "yes"
    found = "files have changed since systemd read them" if stale else "yes"
    return Finding(part, "process", "its files are the ones in force", "yes", found, not stale)
