"""The scripts that set things up, with a Python that only writes down what it is asked for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ("bash", "cat", "dirname", "flock", "id", "paste", "rm", "sed", "sha256sum", "sort")

FAKE_PYTHON = f"""#!{shutil.which("bash")}
# Makes environments from itself, and notes what pip would install.
case "$*" in
    "-m venv "*) mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip --version") ;;
    "-m pip install "*) echo "$*" >>installed ;;
    *) exec {sys.executable} "$@" ;;
esac
"""


class Checkout:
    """A copy of what `scripts/setup` reads, on a machine with few programs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        (folder / "scripts").mkdir(parents=True)
        self.programs.mkdir()
        for name in ("scripts/setup", "pyproject.toml", "requirements.lock"):
            shutil.copy(ROOT / name, folder / name)
        for tool in (*TOOLS, "mkdir", "cp"):
            (self.programs / tool).symlink_to(str(shutil.which(tool)))
        self.add_python(FAKE_PYTHON)

    def add_python(self, text: str) -> None:
        python = self.programs / "python3"
        python.write_text(text, encoding="utf-8")
        python.chmod(0o755)

    def setup(self, *extras: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "HOME": os.environ.get("HOME", "/")}
        command = [str(self.folder / "scripts" / "setup"), *extras]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    @property
    def installed(self) -> list[str]:
        """What pip was asked to install, set-up by set-up."""
        notes = self.folder / "installed"
        lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
        return [line.rpartition("-c requirements.lock -e .")[2] for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def test_a_second_set_up_has_nothing_to_do(checkout: Checkout) -> None:
    assert checkout.setup("edge,demo").returncode == 0
    assert checkout.installed == ["[demo,edge]"]
    again = checkout.setup("edge")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert checkout.installed == ["[demo,edge]"]


def test_what_is_asked_for_later_is_added(checkout: Checkout) -> None:
    checkout.setup("edge")
    checkout.setup("hub,dev")
    assert checkout.installed == ["[edge]", "[dev,edge,hub]"]


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_changed_dependencies_are_installed(name: str, checkout: Checkout) -> None:
    checkout.setup("edge")
    with (checkout.folder / name).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    checkout.setup("edge")
    assert checkout.installed == ["[edge]", "[edge]"]


def test_an_environment_that_does_not_work_is_made_again(checkout: Checkout) -> None:
    checkout.setup("edge,hub")
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    assert checkout.setup("edge").returncode == 0
    assert checkout.installed == ["[edge,hub]", "[edge]"]


def test_a_failed_set_up_is_tried_again(checkout: Checkout) -> None:
    checkout.add_python(FAKE_PYTHON.replace(">>installed", ">>installed; false"))
    failed = checkout.setup("edge")
    assert failed.returncode == 1
    assert "pip could not install what pyproject.toml asks for" in failed.stderr
    shutil.rmtree(checkout.folder / ".venv")
    checkout.add_python(FAKE_PYTHON)
    assert checkout.setup("edge").returncode == 0
    assert checkout.installed == ["[edge]", "[edge]"]


def test_a_machine_without_a_fitting_python_is_told_so_in_one_line(checkout: Checkout) -> None:
    checkout.add_python(f"#!{shutil.which('bash')}\nexit 1\n")
    told = checkout.setup()
    assert told.returncode == 1
    [line] = told.stderr.splitlines()
    assert line.startswith("setup: no Python 3.11 to 3.13 on PATH (set PYTHON to one, or: apt-get install ")


def test_debians_python_without_environments_is_told_the_package(checkout: Checkout) -> None:
    checkout.add_python(FAKE_PYTHON.replace('case "$*" in', 'case "$*" in *ensurepip*) exit 1 ;;'))
    told = checkout.setup()
    assert told.returncode == 1
    assert told.stderr == "setup: python3 cannot make virtual environments: apt-get install python3-venv\n"
