"""`tillsight-edge zones`: draw on a live picture where a camera counts."""

import argparse
import json
import sys
import threading
from typing import TYPE_CHECKING, Any

from tillsight_models.configuration import load_settings, read_settings
from tillsight_models.errors import BadConfig

from ..camera_config import CameraSettings
from ..config import DeviceConfig
from . import Commands, new_command, stop_on_signals

if TYPE_CHECKING:
    from ..vision.camera.capture_process import CaptureProcess
    from ..vision.networks.detector import OnnxDetector

NEW_CAMERA = "till"


def add(commands: Commands) -> None:
    """The command's arguments."""
    help = "draw on a live picture where a camera counts; the picture stays on this machine"
    parser = new_command(commands, "zones", help, run)
    parser.add_argument("--camera", metavar="NAME", help="whose zones; needed where there are several")
    parser.add_argument("--source", metavar="S", help="look at this instead of the camera's own source")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="default: any free one")
    parser.add_argument(
        "--write", action="store_true", help="let the page write into the file; the old one stays as FILE.bak"
    )
    parser.add_argument("--json", action="store_true", help="print the address, then the result, as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Serve the page until the person is finished; then print what was drawn."""
    config, name, camera, is_new = _chosen(arguments)
    if arguments.write:
        import tomlkit  # noqa: F401  (said now where it is missing, not when everything is drawn)
    from ..pages.server import PageServer
    from ..pages.zones_page import ZonesPage
    from ..vision.live_view import LiveView
    from ..vision.zones import Draft, Trial

    source = arguments.source or camera.source
    detector, sure, problem = _detector(config)
    draft = Draft(name, camera, is_new=is_new)
    capture = _capture(source, camera)
    view = LiveView(capture, draft, Trial(detector, sure))
    page = ZonesPage(draft, view, file=arguments.config if arguments.write else None, no_detector=problem)
    pages = PageServer("zones.html", page.routes(), port=arguments.port)
    stopping = threading.Event()
    stop_on_signals(stopping.set)
    pages.start()
    view.start()
    try:
        words = (
            f"Open this page: {pages.url}\nOnly this machine can open it; it is gone when this command ends."
        )
        print(json.dumps({"url": pages.url}) if arguments.json else words, flush=True)
        while not (stopping.wait(0.2) or page.done.is_set()):
            pass
    finally:
        pages.stop()
        view.stop()
        capture.close()
    result = {"camera": name, "settings": draft.changes, "written": page.written, "problems": draft.problems}
    print(json.dumps(result) if arguments.json else f"\n{draft.toml.rstrip()}")
    return 0


def _chosen(arguments: argparse.Namespace) -> tuple[DeviceConfig | None, str, CameraSettings, bool]:
    """The configuration where there is one, the camera's name, its settings, and whether it is a new one."""
    if arguments.source is not None and not arguments.config.exists() and not arguments.write:
        return None, arguments.camera or NEW_CAMERA, _new_camera(arguments.source), True
    config = load_settings(arguments.config, DeviceConfig)  # a camera that counts nothing yet is welcome
    name = arguments.camera or _only_one(config, arguments.source)
    if name in config.cameras:
        return config, name, config.cameras[name], False
    if arguments.source is None:
        known = ", ".join(config.cameras) or "none"
        raise BadConfig(
            [f"--camera: {name!r}: should be one of the cameras ({known}), or come with --source"]
        )
    return config, name, _new_camera(arguments.source), True


def _only_one(config: DeviceConfig, source: str | None) -> str:
    if len(config.cameras) == 1:
        return next(iter(config.cameras))
    if config.cameras:
        raise BadConfig([f"--camera: should say which: {', '.join(config.cameras)}"])
    if source is None:
        raise BadConfig(["cameras: there is none yet: --source says where its picture comes from"])
    return NEW_CAMERA


def _new_camera(source: str) -> CameraSettings:
    return read_settings({"source": source}, CameraSettings)


def _detector(config: DeviceConfig | None) -> "tuple[OnnxDetector | None, float, str]":
    """The device's detector, from which score on it is sure, and why there is none."""
    from ..vision.errors import BadModel
    from ..vision.networks.detector import OnnxDetector
    from ..vision.networks.registry import Registry

    name = config.vision.persons_model if config else "persons"
    try:
        model = Registry(config.vision.models_folder if config else None).find(name, "persons")
        return OnnxDetector(model), model.entry.threshold_of("person"), ""
    except BadModel as error:
        print(f"tillsight-edge: {error}: people are not shown", file=sys.stderr)
        return None, 0.4, str(error)


def _capture(source: str, camera: CameraSettings) -> "CaptureProcess":
    """A process of its own for the driver, which may hang; a file begins again at its end."""
    from ..vision.camera.capture_process import CaptureOrder, CaptureProcess
    from ..vision.camera.ring import FrameRing
    from ..vision.camera.sources import open_source

    own: dict[str, Any] = {}
    if source == camera.source:
        own = {"username": camera.username, "password_file": camera.password_file}
    open_source(source)  # whether it can be meant at all, before anything starts
    order = CaptureOrder(source, camera.frame_rate_hz, repeat=True, **own)
    return CaptureProcess(order, FrameRing.create(), down_after_s=camera.down_after_s)
