"""What the hub wants of the cameras: over the device's own settings, and for the process that sees."""

from pathlib import Path
from typing import Any

import pytest
from tests.harness.edge_configs import device_config
from tests.harness.vision_world import write_config

from tillsight_edge.config import DeviceConfig, load_config
from tillsight_edge.wanted_cameras import CamerasFile, ToSee, load_seen, read_laid, with_cameras
from tillsight_models.errors import BadConfig

TILL = {"source": "scene:1", "zone": [[0.1, 0.1], [0.9, 0.9]], "frame_rate_hz": 5.0}
DOOR = {"source": "rtsp://10.0.0.7/1", "entrance": "north", "entrance_line": [[0.1, 0.5], [0.9, 0.5]]}
NEW_ZONE = [[0.2, 0.2], [0.8, 0.2], [0.5, 0.9]]


def own(folder: Path, **sections: dict[str, Any]) -> DeviceConfig:
    return device_config(folder, cameras={"till": TILL, "door": DOOR}, **sections)


def test_what_is_not_wanted_stays_as_the_device_has_it(tmp_path: Path) -> None:
    before = own(tmp_path)
    after = with_cameras(before, {"*": {"frame_rate_hz": 3}, "till": {"zone": NEW_ZONE, "min_dwell_s": 4}})
    assert after.cameras["till"].zone == tuple(map(tuple, NEW_ZONE))
    assert (after.cameras["till"].min_dwell_s, after.cameras["till"].source) == (4, "scene:1")
    assert after.cameras["door"] == before.cameras["door"].model_copy(update={"frame_rate_hz": 3.0})
    assert with_cameras(before, {}) == before


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"cellar": {"off": True}}, "cameras.cellar: this device has no such camera"),
        ({"till": {"source": "rtsp://evil"}}, "cameras.till.source: is no setting that a hub may set"),
        ({"till": {"zone": None}}, "this camera counts nothing"),
        ({"till": {"frame_rate_hz": 1, "min_dwell_s": 0.5}}, "should be at least two frames"),
        ({"door": {"entrance_zone": [[0, 0], [0.5, 0.5]]}}, "entrance_line"),
        ({"till": {"staff_zones": [[[0, 0], [1, 1]]]}}, "lies in staff_zones"),
    ],
)
def test_what_does_not_go_with_the_devices_own_is_refused(
    tmp_path: Path, wanted: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BadConfig) as refused:
        with_cameras(own(tmp_path), wanted)
    assert problem in "\n".join(refused.value.problems)


def test_while_faces_are_looked_at_nobody_draws_from_afar(tmp_path: Path) -> None:
    config = own(tmp_path, demographics={"enabled": True})
    for key, value in (("zone", NEW_ZONE), ("staff_zones", [])):
        with pytest.raises(BadConfig, match="is decided at the device while faces are looked at"):
            with_cameras(config, {"till": {key: value}})
    assert with_cameras(config, {"till": {"off": True}}).cameras["till"].off


def test_the_process_that_sees_reads_what_the_agent_laid(tmp_path: Path) -> None:
    file = write_config(tmp_path, {"till": TILL})
    config = load_config(file)
    assert load_seen(file) == config
    laid = CamerasFile(config.cameras_file, is_shared=True)
    laid.lay(ToSee({"till": {"off": True}}, "models"))
    assert load_seen(file).cameras["till"].off
    assert read_laid(config.cameras_file).models == "models"
    assert config.cameras_file.stat().st_mode & 0o777 == 0o640
    laid.lay(ToSee({}))
    assert load_seen(file) == config


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"cameras": {"cellar": {"off": true}}}', b"\xff"])
def test_what_is_no_such_file_changes_nothing(tmp_path: Path, content: bytes) -> None:
    file = write_config(tmp_path, {"till": TILL})
    config = load_config(file)
    config.cameras_file.write_bytes(content)
    assert load_seen(file) == config
