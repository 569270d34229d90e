"""Whatever a person can type, set, call or receive is described in the README of its folder."""

import argparse
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel
from starlette.routing import Route

import tillsight_edge.__main__
import tillsight_hub.__main__
from tillsight_edge.config import DeviceConfig
from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_models.configuration import read_settings, setting_names
from tillsight_models.events import PAYLOADS
from tillsight_models.scales import SCALES
from tillsight_models.topics import CHANNELS

ROOT = Path(__file__).parents[1]
FOLDERS = ("edge", "hub", "models", "firmware", "deploy", "systemd", "tests", "scripts")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
SCRIPT = re.compile(r"\bscripts/([a-z_][a-z_0-9.]*[a-z_0-9])")


def words_of(folder: str) -> str:
    """All the README files of a top folder, the inner ones too."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / folder).rglob("README.md")))


def missing_from(folder: str, names: list[str]) -> list[str]:
    """The names that no README of the folder writes as code, alone or inside a longer line of code."""
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`|^ {4}.+$", words_of(folder), re.DOTALL | re.MULTILINE))
    return [name for name in names if not re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", code)]


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def command_words(parser: argparse.ArgumentParser, name: str) -> Iterator[str]:
    """`tillsight-hub user add`, `--role` and so on, for every command and option."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, child in action.choices.items():
                yield f"{name} {word}"
                yield from command_words(child, f"{name} {word}")
        else:
            yield from (
                option for option in action.option_strings if option.startswith("--") and option != "--help"
            )


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_says_what_it_is_for(folder: str) -> None:
    assert len((ROOT / folder / "README.md").read_text(encoding="utf-8")) > 200


@pytest.mark.parametrize(
    ("folder", "name", "parser"),
    [
        ("edge", "tillsight-edge", tillsight_edge.__main__.build_parser),
        ("hub", "tillsight-hub", tillsight_hub.__main__.build_parser),
    ],
)
def test_every_command_and_option_is_described(folder: str, name: str, parser: object) -> None:
    assert callable(parser)
    words = sorted(set(command_words(parser(), name)))
    assert len(words) > 5
    assert not (missing := missing_from(folder, words)), missing


@pytest.mark.parametrize(("folder", "model"), [("edge", DeviceConfig), ("hub", HubConfig)])
def test_every_setting_is_described(folder: str, model: type[BaseModel]) -> None:
    settings = list(setting_names(model))
    assert len(settings) > 5
    assert not (missing := missing_from(folder, settings)), missing


def test_every_channel_event_and_scale_is_described() -> None:
    assert not (missing := missing_from("models", [*CHANNELS, *PAYLOADS, *SCALES])), missing


def test_every_field_of_every_event_is_described() -> None:
    fields = {field for payload in PAYLOADS.values() for field in payload.__struct_fields__}
    assert not (missing := missing_from("models", sorted(fields))), missing


def test_every_route_is_described(tmp_path: Path) -> None:
    config = read_settings({"database": {"url": f"sqlite:///{tmp_path}/hub.db"}}, HubConfig)
    included = [getattr(route, "original_router", None) for route in create_app(config).routes]
    routes = sorted(
        {route.path for router in included if router for route in router.routes if isinstance(route, Route)}
    )
    assert len(routes) > 5
    assert not (missing := missing_from("hub", routes)), missing


def test_every_metric_is_described() -> None:
    metrics = [metric.id for metric in catalogue(MetricSettings())]
    assert not (missing := missing_from("hub", metrics)), missing


def test_every_script_is_described_and_every_described_script_exists() -> None:
    scripts = {
        path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and path.suffix in ("", ".py")
    }
    assert not (missing := missing_from("scripts", [f"scripts/{name}" for name in sorted(scripts)])), missing
    for path in tracked_files():
        if path.suffix == ".md":
            named = set(SCRIPT.findall(path.read_text(encoding="utf-8")))
            gone = {name for name in named if not (ROOT / "scripts" / name).exists()} - {"bench_"}
            assert not gone, f"{path.relative_to(ROOT)} names {gone}"


def test_links_between_documents_lead_somewhere() -> None:
    for path in tracked_files():
        if path.suffix != ".md":
            continue
        for link in LINK.findall(path.read_text(encoding="utf-8")):
            target, _, anchor = link.partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            page = (path.parent / target).resolve() if target else path
            assert page.exists(), f"{path.relative_to(ROOT)}: {link}"
            if anchor:
                assert anchor in anchors_of(page), f"{path.relative_to(ROOT)}: {link}"


def anchors_of(page: Path) -> set[str]:
    """What a heading is called in a link: lower case, spaces as hyphens, punctuation gone."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_nothing_names_the_place_where_it_was_written() -> None:
    """Paths of one machine, and where one machine gets its packages from."""
    forbidden = [
        "/" + "work/",
        "/root" + "/",
        "/home" + "/",
        "pkg" + ".dev",
        "/opt" + "/pypi",
        "artifact" + "registry",
    ]
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {word}" for word in forbidden if word in text]
        if path.parts[len(ROOT.parts)] != "tests" and ".." + "/shared" in text:
            found.append(f"{path.relative_to(ROOT)}: a path outside the repository")
    assert not found, found
