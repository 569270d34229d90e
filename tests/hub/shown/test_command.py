"""`tillsight-hub survey`: files in, files out, published, and what is wrong with them."""

from pathlib import Path

import pytest

from tillsight_hub.__main__ import BAD_CONFIG, main
from tillsight_hub.shown.files import FOLDER, from_text

SEED = """
org = [{ id = "acme", name = "Acme" }]
region = [{ id = "north", name = "North", org = "acme" }]
store = [{ id = "rome", name = "Rome", region = "north", tz = "Europe/Rome" }]
touchpoint = [{ id = "till-1", name = "Till 1", store = "rome", scale = "smiley-4" }]
device = [{ id = "box-1", touchpoint = "till-1" }]
"""


def test_a_file_goes_in_is_published_and_comes_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path)]
    (tmp_path / "seed.toml").write_text(SEED, encoding="utf-8")
    assert main([*data, "seed", str(tmp_path / "seed.toml")]) == 0
    template = FOLDER / "csat.toml"
    assert main([*data, "survey", "check", str(template)]) == 0
    assert main([*data, "survey", "import", str(template)]) == 0
    assert main([*data, "survey", "publish", "csat", "--place", "rome"]) == 0
    assert main([*data, "survey", "import", str(template), "--publish"]) == 0
    capsys.readouterr()
    assert main([*data, "survey", "list"]) == 0
    assert capsys.readouterr().out == "csat: 2 published, 1 retired; asked at rome\n"
    assert main([*data, "survey", "export", "csat", "--version", "1"]) == 0
    assert from_text(capsys.readouterr().out) == from_text(template.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["check", "broken.toml"], "at `id`"),
        (["import", "broken.toml"], "at `id`"),
        (["export", "nothing"], "there is none"),
        (["import", "good.toml", "--org", "other"], "--org other"),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    good = (FOLDER / "nps.toml").read_text(encoding="utf-8")
    (tmp_path / "good.toml").write_text(good, encoding="utf-8")
    (tmp_path / "broken.toml").write_text(good.replace('"nps"', '"a b"'), encoding="utf-8")
    files = [str(tmp_path / each) if each.endswith(".toml") else each for each in arguments]
    assert main(["--data-dir", str(tmp_path / "data"), "survey", *files]) in (1, BAD_CONFIG)
    told = capsys.readouterr().err
    assert problem in told
    assert "Traceback" not in told
