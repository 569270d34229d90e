"""What can be said of roles and playbooks without a machine."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import need
from tests.harness.processes import find_program

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PLAYBOOKS = sorted(DEPLOY.glob("*.yml"))
DEFAULTS = sorted(DEPLOY.glob("roles/*/defaults/main.yml"))
VARIABLE = re.compile(r"^(tillsight_\w+):", re.MULTILINE)
PROGRAMS = [path for path in sorted(DEPLOY.glob("roles/*/files/*")) if b"python3" in path.read_bytes()[:40]]


def run(program: str, *words: object) -> "subprocess.CompletedProcess[str]":
    """One of the tools beside Python; a test without them is skipped and says so."""
    path = Path(sys.executable).parent / program
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{program} is missing: scripts/setup deploy", pytrace=False)
        pytest.skip(f"{program} is missing: scripts/setup deploy")
    environment = {**os.environ, "PATH": f"{path.parent}:{os.environ['PATH']}", "ANSIBLE_NOCOLOR": "1"}
    return subprocess.run(
        [path, *words], cwd=DEPLOY, env=environment, capture_output=True, text=True, check=False
    )


def test_ansible_understands_the_playbooks() -> None:
    playbooks = [path.name for path in PLAYBOOKS if path.name != "inventory.example.yml"]
    done = run("ansible-playbook", "--syntax-check", "--inventory", "inventory.example.yml", *playbooks)
    assert done.returncode == 0, done.stderr


def test_the_files_are_tidy() -> None:
    done = run("yamllint", "--strict", ".")
    assert (done.returncode, done.stdout) == (0, "")


def test_ansible_lint_has_nothing_to_say() -> None:
    done = run("ansible-lint", "--offline", "--strict", "-q", *(path.name for path in PLAYBOOKS), "roles")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("file", DEFAULTS, ids=lambda file: file.parents[1].name)
def test_each_variable_is_explained(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    named = [number for number, line in enumerate(lines) if VARIABLE.match(line)]
    assert not [lines[number] for number in named if not lines[number - 1].startswith("# ")]


@pytest.mark.parametrize("file", DEFAULTS, ids=lambda file: file.parents[1].name)
def test_each_variable_is_in_the_readme(file: Path) -> None:
    readme = (DEPLOY / "README.md").read_text(encoding="utf-8")
    names = VARIABLE.findall(file.read_text(encoding="utf-8"))
    assert not [name for name in names if f"`{name}`" not in readme]


def test_every_role_is_used() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in PLAYBOOKS)
    roles = {path.name for path in (DEPLOY / "roles").iterdir()}
    assert roles == set(re.findall(r"- role: (\w+)", said))


def test_no_default_is_a_secret() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in DEFAULTS)
    assert not re.findall(r"^tillsight_\w*(?:password|token|key|code): .+", said, re.MULTILINE)


@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.name)
def test_programs_for_devices_need_nothing_but_python(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {getattr(node, "module", None) or node.names[0].name for node in imports}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


MOST_EXPOSED = {"tillsight-kiosk": 50}
"""By systemd's own measure, in tenths; 15 for all others."""


@pytest.mark.parametrize(
    "file", sorted(DEPLOY.glob("roles/*/templates/*.service.j2")), ids=lambda file: file.stem
)
def test_little_is_exposed(file: Path, tmp_path: Path) -> None:
    analyze = need(lambda: find_program("systemd-analyze", "systemd"))
    unit = tmp_path / file.stem
    unit.write_text(re.sub(r"{{.*?}}", "/x", file.read_text(encoding="utf-8")), encoding="utf-8")
    most = MOST_EXPOSED.get(unit.stem, 15)
    words = ("security", "--offline=yes", "--no-pager", f"--threshold={most}", unit)
    done = subprocess.run([analyze, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-200:] + done.stderr
