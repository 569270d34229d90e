"""Zones into the configuration file, which keeps all the rest."""

import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.config import DeviceConfig, load_config
from tillsight_edge.errors import ConfigUnwritable
from tillsight_edge.zones_file import DRAWN, snippet, write_into
from tillsight_models.configuration import load_settings
from tillsight_models.errors import BadConfig

EXAMPLE = Path(__file__).parents[2] / "edge" / "device.example.toml"
ZONE = [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "device.toml"
    made.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return made


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_only_the_lines_of_what_changed_change_and_comments_stay(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    same = tomllib.loads(before)["cameras"]["till"]
    kept = write_into(file, "till", {**{name: same.get(name) for name in DRAWN}, "zone": ZONE})
    after = file.read_text(encoding="utf-8")
    old, new = changed_lines(before, after)
    assert old == [line for line in before.splitlines() if line.startswith("zone = ")]
    assert new == ["zone = [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]] # where a customer is served"]
    assert kept.read_text(encoding="utf-8") == before
    assert kept == file.with_name("device.toml.bak")
    assert load_config(file).cameras["till"].zone == ((0.1, 0.2), (0.6, 0.2), (0.6, 0.9))


def test_a_setting_that_is_none_goes_and_another_camera_stays(file: Path) -> None:
    before = load_config(file)
    write_into(
        file, "till", {"queue_zone": None, "staff_zones": None, "min_dwell_s": 4.5, "entrance": "south"}
    )
    after = load_config(file)
    assert (after.cameras["till"].queue_zone, after.cameras["till"].staff_zones) == (None, ())
    assert (after.cameras["till"].min_dwell_s, after.cameras["till"].entrance) == (4.5, "south")
    assert after.cameras["till"].zone == before.cameras["till"].zone
    assert after.cameras["door"] == before.cameras["door"]


def test_a_new_camera_is_added(file: Path) -> None:
    write_into(file, "desk", {"source": "scene:7", "zone": ZONE, "count_groups": True})
    desk = load_config(file).cameras["desk"]
    assert (desk.source, desk.count_groups) == ("scene:7", True)


@pytest.mark.parametrize(
    "cameras",
    [
        "",
        '[cameras.till]\nsource = "0"\n[vision]\nwindow_s = 60.0\n[cameras.door]\nsource = "1"\n',
        'cameras = { till = { source = "0" } }\n',
        '[cameras]\ntill = { source = "0" }\n',
        'cameras.till.source = "0"\n',
        '[cameras]\ntill.source = "0"\n',
    ],
)
def test_however_cameras_are_written(tmp_path: Path, cameras: str) -> None:
    rest = (
        '[device]\nid = "a"\norg = "b"\nsite = "c"\ntouchpoint = "d"\n[panel]\nkind = "keyboard"\n'
        '[hub]\nhost = "localhost"\n'
    )
    file = tmp_path / "device.toml"
    file.write_text(cameras + rest if cameras.startswith("cameras") else rest + cameras, encoding="utf-8")
    write_into(file, "till", {"source": "0", "zone": ZONE})
    config = load_settings(file, DeviceConfig)
    assert config.cameras["till"] == CameraSettings(source="0", zone=((0.1, 0.2), (0.6, 0.2), (0.6, 0.9)))
    assert config.device.touchpoint == "d"
    assert ("door" in config.cameras) == ("door" in cameras)


def test_what_would_make_the_file_bad_is_not_written(file: Path, tmp_path: Path) -> None:
    before = file.read_text(encoding="utf-8")
    with pytest.raises(BadConfig, match="max_dwell_s"):
        write_into(file, "till", {"min_dwell_s": 3000.0})
    assert file.read_text(encoding="utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["device.toml"]


def test_staff_zones_cannot_be_removed_where_emotion_needs_them(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    enabled = text.replace('enabled = false\nmodel = "emotion"', 'enabled = true\nmodel = "emotion"')
    assert enabled != text
    file.write_text(enabled, encoding="utf-8")
    with pytest.raises(BadConfig, match=r"cameras\.till\.staff_zones: \(\): should cover where staff stand"):
        write_into(file, "till", {"staff_zones": None})
    assert file.read_text(encoding="utf-8") == enabled


def test_what_was_wrong_elsewhere_before_does_not_stop_it(file: Path) -> None:
    before = file.read_text(encoding="utf-8")
    with_one_more = before + '\n[cameras.yard]\nsource = "3"\n'
    file.write_text(with_one_more, encoding="utf-8")
    with pytest.raises(BadConfig, match=r"cameras\.yard\.zone: None"):
        load_config(file)
    write_into(file, "till", {"zone": ZONE})
    assert "zone = [[0.1, 0.2], [0.6, 0.2], [0.6, 0.9]]" in file.read_text(encoding="utf-8")


def test_a_file_that_is_not_there_or_no_toml_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigUnwritable, match=r"none.toml: No such file or directory: nothing is changed"):
        write_into(tmp_path / "none.toml", "till", {"zone": ZONE})
    broken = tmp_path / "broken.toml"
    broken.write_text("[cameras", encoding="utf-8")
    with pytest.raises(BadConfig, match="not TOML"):
        write_into(broken, "till", {"zone": ZONE})


def test_rights_are_kept_and_a_link_still_points_to_the_file(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    write_into(link, "till", {"zone": ZONE})
    assert link.is_symlink()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert load_config(file).cameras["till"].zone is not None


def test_a_snippet_is_toml_of_what_is_set() -> None:
    settings: dict[str, Any] = {
        "zone": ZONE,
        "staff_zones": [ZONE, ZONE],
        "queue_zone": None,
        "entrance": "north",
        "min_dwell_s": 2.5,
        "count_groups": True,
    }
    text = snippet("till", settings)
    assert text.startswith("[cameras.till]\nzone = [[0.1, 0.2], ")
    del settings["queue_zone"]
    assert tomllib.loads(text) == {"cameras": {"till": settings}}
