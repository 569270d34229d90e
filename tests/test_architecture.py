"""What may import what, where things live, and that importing does nothing: read from the code itself."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]

SOURCES = {
    "tillsight_edge": ROOT / "edge" / "tillsight_edge",
    "tillsight_hub": ROOT / "hub" / "tillsight_hub",
    "tillsight_models": ROOT / "models" / "tillsight_models",
    "tillsight_panel": ROOT / "firmware" / "tillsight_panel",
}

MAY_IMPORT = {
    "tillsight_edge": {"tillsight_models", "tillsight_panel"},
    "tillsight_hub": {"tillsight_models"},
    "tillsight_models": set[str](),
    "tillsight_panel": set[str](),
}

ON_MICROPYTHON = {
    "array",
    "binascii",
    "collections",
    "io",
    "json",
    "math",
    "os",
    "random",
    "struct",
    "sys",
    "time",
}
ON_MICROPYTHON |= {"errno", "gc", "machine", "micropython", "neopixel", "rp2", "select"}

TOP_FOLDERS = {".ci", "deploy", "edge", "firmware", "hub", "models", "scripts", "systemd", "tests"}
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "manager", "misc", "base", "common"}

MIGRATIONS = ROOT / "hub" / "tillsight_hub" / "migrations"
"""Alembic runs these as files of their own, outside the package."""


class Import(NamedTuple):
    """One imported module, as written at `place`."""

    place: str
    package: str
    top: str
    is_relative: bool


def modules(package: str) -> list[Path]:
    return sorted(SOURCES[package].rglob("*.py"))


def imports_of(package: str) -> Iterator[Import]:
    for path in modules(package):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(place, package, alias.name.partition(".")[0], is_relative=False)
            elif isinstance(node, ast.ImportFrom) and node.level:
                yield Import(place, package, package, is_relative=True)
            elif isinstance(node, ast.ImportFrom):
                yield Import(place, package, (node.module or "").partition(".")[0], is_relative=False)


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines()]


@pytest.mark.parametrize("package", SOURCES)
def test_a_package_imports_only_the_packages_it_may(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = [
        f"{each.place} imports {each.top}"
        for each in imports_of(package)
        if each.top in SOURCES.keys() - allowed
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("package", SOURCES)
def test_imports_inside_a_package_are_relative(package: str) -> None:
    own_main = "firmware/tillsight_panel/start.py"  # the Pico runs it as a script, outside the package
    wrong = [
        each.place
        for each in imports_of(package)
        if each.top == package
        and not each.is_relative
        and not each.place.startswith((own_main, "hub/tillsight_hub/migrations/"))
    ]
    assert not wrong, wrong


def test_the_panel_imports_only_what_micropython_has() -> None:
    allowed = ON_MICROPYTHON | {"tillsight_panel"}
    wrong = [
        f"{each.place} imports {each.top}"
        for each in imports_of("tillsight_panel")
        if each.top not in allowed
    ]
    assert not wrong, wrong


def test_pixels_stay_out_of_the_hub_and_the_contract() -> None:
    vision = {"cv2", "onnxruntime", "PIL"}
    wrong = [
        f"{each.place} imports {each.top}"
        for package in ("tillsight_hub", "tillsight_models")
        for each in imports_of(package)
        if each.top in vision
    ]
    assert not wrong, wrong


def test_names_say_what_is_inside() -> None:
    paths = [path for package in SOURCES for path in modules(package)] + sorted(
        (ROOT / "tests").rglob("*.py")
    )
    wrong = [str(path.relative_to(ROOT)) for path in paths if {path.stem, path.parent.name} & SAYS_NOTHING]
    assert not wrong, wrong


def test_every_module_opens_with_a_sentence() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for package in SOURCES
        for path in modules(package)
        if (text := path.read_text(encoding="utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert not wrong, wrong


def test_nothing_lies_beside_the_known_folders() -> None:
    folders = {path.parts[0] for path in tracked_files() if len(path.parts) > 1}
    assert folders <= TOP_FOLDERS


WATCHED_IMPORT = """
import importlib, json, os, sys

wrong = []
watched = {"socket.connect", "socket.bind", "socket.getaddrinfo", "sqlite3.connect", "subprocess.Popen",
           "os.system", "os.mkdir", "os.remove", "os.rename"}

def writes(args):
    flags = args[2] if isinstance(args[2], int) else 0
    return bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))

def is_for_us():
    frame = sys._getframe(2)
    while frame is not None:  # not when it is Python loading a module, or a library's own business
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib") or "/site-packages/" in name:
            return False
        if name.startswith(roots):
            return True
        frame = frame.f_back
    return False

def hook(event, args):
    if (
        event in watched
        or (event == "open" and (writes(args) or is_for_us()))
        or (event == "os.putenv" and is_for_us())  # numpy and cv2 tell their own libraries something
    ):
        wrong.append(f"{importing}: {event} {args[0]!r}")

names, roots = json.loads(sys.argv[1]), tuple(json.loads(sys.argv[2]))
importing = ""
sys.dont_write_bytecode = True
sys.addaudithook(hook)
for importing in names:
    importlib.import_module(importing)
print(json.dumps([wrong, sorted(sys.modules)]))
"""


def watch_imports(names: list[str], roots: list[Path]) -> tuple[list[str], set[str]]:
    """What importing `names` did that it should not, and which modules it loaded, in a Python of its own."""
    arguments = [json.dumps(names), json.dumps([str(root) for root in roots])]
    done = subprocess.run(
        [sys.executable, "-c", WATCHED_IMPORT, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    wrong, loaded = json.loads(done.stdout.splitlines()[-1])
    return wrong, set(loaded)


def importable_modules(package: str) -> list[str]:
    """Every module of a package but those that only a Pico or Alembic can load."""
    names = []
    for path in modules(package):
        text = path.read_text(encoding="utf-8")
        if MIGRATIONS in path.parents or "import machine" in text or path.name == "start.py":
            continue
        parts = path.relative_to(SOURCES[package].parent).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


@pytest.mark.parametrize("package", SOURCES)
def test_importing_connects_nothing_opens_nothing_and_starts_nothing(package: str) -> None:
    wrong, loaded = watch_imports(importable_modules(package), list(SOURCES.values()))
    assert not wrong, wrong
    assert package in loaded


def test_a_till_without_a_camera_loads_nothing_that_sees() -> None:
    names = ["tillsight_edge.__main__", "tillsight_edge.agent", "tillsight_edge.simulate"]
    _, loaded = watch_imports(names, [])
    assert not {"cv2", "numpy", "onnxruntime", "deepface"} & loaded


def test_a_till_loads_nothing_that_only_a_hub_needs() -> None:
    _, loaded = watch_imports(importable_modules("tillsight_edge"), [])
    assert not {"alembic", "fastapi", "jinja2", "pyarrow", "sqlalchemy", "uvicorn", "xlsxwriter"} & loaded


@pytest.mark.parametrize(
    "statement",
    [
        "Path(__file__).read_text()",
        "Path(__file__).with_name('made').mkdir()",
        "sqlite3.connect(':memory:')",
        "subprocess.run(['true'])",
        "socket.create_server(('127.0.0.1', 0))",
    ],
)
def test_an_import_that_does_something_is_noticed(statement: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(
        f"import socket, sqlite3, subprocess\nfrom pathlib import Path\n{statement}\n", encoding="utf-8"
    )
    finder = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    arguments = [json.dumps(["planted"]), json.dumps([str(tmp_path)])]
    done = subprocess.run(
        [sys.executable, "-c", finder + WATCHED_IMPORT, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    wrong, _ = json.loads(done.stdout)
    assert wrong
