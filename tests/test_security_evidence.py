"""What SECURITY promises: each provision has a row, and each row a test that exists."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
EVIDENCE = ROOT / "deploy" / "SECURITY-EVIDENCE.md"
ROW = re.compile(r"^\| (5\.\d+) [^|]*\| [^|]+\| `([^`:]+)::(\w+)` \|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    return ROW.findall(EVIDENCE.read_text(encoding="utf-8"))


def test_each_provision_has_a_row() -> None:
    assert {provision for provision, _, _ in rows()} == {f"5.{number}" for number in range(1, 14)}


def test_every_row_of_the_table_was_read() -> None:
    lines = EVIDENCE.read_text(encoding="utf-8").splitlines()
    assert len(rows()) == len([line for line in lines if line.startswith("| 5.")])


def test_each_test_exists() -> None:
    missing = []
    for _, path, name in rows():
        file = ROOT / path
        if not file.exists() or f"\ndef {name}(" not in file.read_text(encoding="utf-8"):
            missing.append(f"{path}::{name}")
    assert not missing


def test_the_version_that_is_built_has_a_published_end_of_support() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    series = ".".join(project["version"].split(".")[:2])
    security = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {re.escape(series)} \| \d+ months after the release of ", security, re.MULTILINE)
