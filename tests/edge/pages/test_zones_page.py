"""Drawing zones in a real browser, over a camera and a detector that show what the test says."""

import http.client
import json
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Response, expect
from tests.harness.edge_configs import device_settings, write_toml
from tests.harness.still_camera import PERSON, SaidDetector, StillCamera

from tillsight_edge.camera_config import CameraSettings
from tillsight_edge.config import load_config
from tillsight_edge.pages.server import PageServer
from tillsight_edge.pages.zones_page import ZonesPage
from tillsight_edge.vision.live_view import LiveView
from tillsight_edge.vision.zones import Draft, Trial
from tillsight_models.configuration import read_settings

from .conftest import OpenPage, Violations

pytestmark = pytest.mark.browser
ZONE = [[0.2, 0.5], [0.8, 0.5], [0.8, 1.0], [0.2, 1.0]]
STAFF = [[0.0, 0.0], [0.3, 0.0], [0.3, 0.4], [0.0, 0.4]]


@dataclass
class Drawing:
    """One run of the command, without the command."""

    camera: StillCamera
    detector: SaidDetector
    draft: Draft
    page: ZonesPage
    pages: PageServer

    @property
    def toml(self) -> dict[str, Any]:
        return dict(tomllib.loads(self.draft.toml)["cameras"]["till"])


NewDrawing = Callable[..., Drawing]


@pytest.fixture
def new_drawing() -> Iterator[NewDrawing]:
    """`new_drawing(file=None, zone=[...], ...)`: settings that the camera has before anybody draws."""
    with ExitStack() as stack:

        def started(file: Path | None = None, *, no_detector: str = "", **settings: Any) -> Drawing:
            camera, detector = StillCamera(), SaidDetector(PERSON)
            draft = Draft("till", read_settings({"source": "0", **settings}, CameraSettings))
            view = LiveView(camera, draft, Trial(None if no_detector else detector, 0.4))
            page = ZonesPage(draft, view, file=file, no_detector=no_detector)
            pages = PageServer("zones.html", page.routes())
            view.start()
            stack.callback(view.stop)
            pages.start()
            stack.callback(pages.stop)
            return Drawing(camera, detector, draft, page, pages)

        yield started


@pytest.fixture
def drawing(new_drawing: NewDrawing) -> Drawing:
    return new_drawing()


@pytest.fixture
def page(drawing: Drawing, open_page: OpenPage) -> Page:
    return opened(drawing, open_page)


def opened(drawing: Drawing, open_page: OpenPage, **screen: Any) -> Page:
    page = open_page(drawing.pages.url, **screen)
    expect(page.locator("#waiting")).to_be_hidden()
    return page


def tool(page: Page, name: str) -> Locator:
    return page.locator(".tools").get_by_role("button", name=name, exact=True)


def click(page: Page, *corners: tuple[float, float]) -> None:
    """Click there in the picture, in shares of it."""
    box = page.locator("#stage").bounding_box()
    assert box is not None
    for x, y in corners:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = page.locator("#stage").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=4)
    page.mouse.up()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def near(points: Any, expected: list[tuple[float, float]]) -> bool:
    return len(points) == len(expected) and all(
        abs(x1 - x2) < 0.01 and abs(y1 - y2) < 0.01
        for (x1, y1), (x2, y2) in zip(points, expected, strict=True)
    )


def test_a_polygon_is_drawn_by_pointer(drawing: Drawing, page: Page) -> None:
    expect(page.locator("#problems")).to_contain_text("this camera counts nothing")
    tool(page, "Zone").click()
    expect(page.locator("#hint-words")).to_have_text("Zone: click its corners, or drag a rectangle.")
    corners = [(0.3, 0.5), (0.7, 0.5), (0.75, 0.95), (0.25, 0.95)]
    click(page, *corners, corners[0])
    expect(page.locator("#shapes li")).to_contain_text("Zone4 corners")
    expect(page.locator("#problems")).to_have_text("None found.")
    assert drawing.toml.keys() == {"zone"}
    assert near(drawing.toml["zone"], corners)
    expect(page.locator("#toml")).to_have_text(drawing.draft.toml.strip())


def test_a_corner_near_the_edge_of_the_picture_is_at_the_edge(drawing: Drawing, page: Page) -> None:
    tool(page, "Zone").click()
    drag(page, (0.5, 0.5), (0.992, 0.99))
    expect(page.locator("#toml")).to_contain_text("[1.0, 1.0]")
    assert drawing.toml["zone"][2] == [1.0, 1.0]


def test_a_rectangle_is_dragged_moved_and_undone(drawing: Drawing, page: Page) -> None:
    tool(page, "Staff").click()
    drag(page, (0.4, 0.4), (0.1, 0.1))
    expect(page.locator("#toml")).to_contain_text("staff_zones")
    assert near(drawing.toml["staff_zones"][0], [(0.1, 0.1), (0.4, 0.1), (0.4, 0.4), (0.1, 0.4)])
    drag(page, (0.2, 0.3), (0.5, 0.5))
    page.wait_for_function("() => document.querySelector('#toml').textContent.includes('0.7')")
    assert near(drawing.toml["staff_zones"][0], [(0.4, 0.3), (0.7, 0.3), (0.7, 0.6), (0.4, 0.6)])
    page.get_by_role("button", name="Staff, corner 3 of 4").hover()
    drag(page, (0.7, 0.6), (0.9, 0.8))
    page.wait_for_function("() => document.querySelector('#toml').textContent.includes('0.9')")
    page.get_by_role("button", name="Undo").click()
    page.keyboard.press("Control+z")
    expect(page.locator("#handles button").first).to_have_accessible_name(
        "Staff, corner 1 of 4: 10 % across, 10 % down"
    )
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#shapes li")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()


def test_a_zone_is_made_and_shaped_by_keyboard_alone(drawing: Drawing, page: Page) -> None:
    tool(page, "Zone").focus()
    press(page, "Enter")
    corner = page.get_by_role("button", name="Zone, corner 1 of 4")
    expect(corner).to_be_focused()
    press(page, *["Shift+ArrowLeft"] * 2, "ArrowUp")
    expect(corner).to_have_accessible_name("Zone, corner 1 of 4: 25 % across, 50 % down")
    press(page, "Tab", "Insert")
    added = page.get_by_role("button", name="Zone, corner 3 of 5")
    expect(added).to_be_focused()
    press(page, "ArrowRight", "ArrowRight")
    expect(page.locator("#toml")).to_contain_text("[0.66, 0.7]")
    assert drawing.toml["zone"] == [[0.25, 0.495], [0.65, 0.5], [0.66, 0.7], [0.65, 0.9], [0.35, 0.9]]
    press(page, "Delete")
    expect(page.get_by_role("button", name="Zone, corner 2 of 4")).to_be_focused()
    press(page, "Delete", "Delete")
    expect(page.locator("#hint-words")).to_contain_text("needs these corners")
    page.get_by_role("button", name="Remove Zone").focus()
    press(page, "Enter")
    expect(page.locator("#nothing")).to_be_visible()
    expect(tool(page, "Zone")).to_be_focused()


def test_an_entrance_line_says_where_in_is_and_can_be_turned(drawing: Drawing, page: Page) -> None:
    tool(page, "Entrance line").click()
    click(page, (0.2, 0.5), (0.6, 0.5))
    expect(page.locator("#overlay")).to_contain_text("in")
    expect(page.locator("#entrance")).to_have_value("entrance")
    page.fill("#entrance", "north door")
    expect(page.locator("#problems")).to_contain_text("entrance: 'north door'")
    page.fill("#entrance", "north")
    expect(page.locator("#problems")).to_have_text("None found.")
    assert near(drawing.toml["entrance_line"], [(0.2, 0.5), (0.6, 0.5)])
    turn = page.get_by_role("button", name="Turn round Entrance line")
    turn.focus()
    press(page, "Enter")
    expect(turn).to_be_focused()
    expect(page.locator("#toml")).to_contain_text('entrance = "north"')
    page.wait_for_function(
        "() => /entrance_line = ..0\\.[56]/.test(document.querySelector('#toml').textContent)"
    )
    assert near(drawing.toml["entrance_line"], [(0.6, 0.5), (0.2, 0.5)])


def test_problems_appear_beside_the_picture_and_go(page: Page) -> None:
    tool(page, "Zone").click()
    click(page, (0.3, 0.3), (0.7, 0.9), (0.7, 0.3), (0.3, 0.6), (0.3, 0.3))
    expect(page.locator("#problems")).to_contain_text("crosses itself")
    page.keyboard.press("Control+z")
    page.get_by_role("slider", name="stands in the zone for at least").fill("8")
    expect(page.locator("#min_dwell_s-value")).to_have_text("8 s")
    expect(page.locator("#problems")).not_to_contain_text("crosses itself")
    expect(page.locator("#toml")).to_contain_text("min_dwell_s = 8.0")


def test_drawing_can_be_broken_off_and_finished_with_buttons_and_keys(drawing: Drawing, page: Page) -> None:
    tool(page, "Queue").click()
    click(page, (0.2, 0.2), (0.6, 0.2))
    expect(page.get_by_role("button", name="Finish")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.locator("#shapes li")).to_have_count(0)
    tool(page, "Queue").click()
    click(page, (0.2, 0.2), (0.6, 0.2), (0.9, 0.9), (0.6, 0.6))
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Finish").click()
    expect(page.locator("#shapes li")).to_contain_text("Queue3 corners")
    tool(page, "Entrance zone").click()
    page.get_by_role("button", name="Put it in the middle").click()
    expect(page.locator("#shapes li")).to_have_count(2)
    expect(page.locator("#toml")).to_contain_text("entrance_zone")
    assert drawing.toml.keys() == {"queue_zone", "entrance", "entrance_zone"}


def test_a_finger_draws_too(new_drawing: NewDrawing, open_page: OpenPage) -> None:
    drawing = new_drawing()
    page = opened(drawing, open_page, width=390, height=844)
    tool(page, "Zone").tap()
    box = page.locator("#stage").bounding_box()
    assert box is not None
    for x, y in ((0.2, 0.4), (0.8, 0.4), (0.5, 0.9), (0.2, 0.4)):
        page.touchscreen.tap(box["x"] + x * box["width"], box["y"] + y * box["height"])
    expect(page.locator("#problems")).to_have_text("None found.")
    assert near(drawing.toml["zone"], [(0.2, 0.4), (0.8, 0.4), (0.5, 0.9)])


def test_people_are_shown_with_what_the_counter_makes_of_them(
    new_drawing: NewDrawing, open_page: OpenPage
) -> None:
    drawing = new_drawing(zone=ZONE, min_dwell_s=1.0)
    page = opened(drawing, open_page)
    expect(page.locator("#overlay .foot.served")).to_have_count(1)
    expect(page.locator("#overlay")).to_contain_text("served")
    page.get_by_label("People as the detector sees them").uncheck()
    expect(page.locator("#overlay .foot")).to_have_count(0)
    assert "0 served and gone" in page.locator("#trial").inner_text()


def pixel(page: Page, x: float, y: float) -> list[int]:
    """Red, green and blue of the picture on the page."""
    return list(
        page.evaluate(
            """([x, y]) => {
                const canvas = document.getElementById("picture");
                const spot = [x * canvas.width, y * canvas.height, 1, 1];
                return [...canvas.getContext("2d").getImageData(...spot).data.slice(0, 3)];
            }""",
            [x, y],
        )
    )


def test_staff_zones_can_be_seen_as_the_detector_gets_them(
    new_drawing: NewDrawing, open_page: OpenPage
) -> None:
    drawing = new_drawing(staff_zones=[STAFF], zone=ZONE)
    page = opened(drawing, open_page)
    assert min(pixel(page, 0.1, 0.1)) > 40
    page.get_by_label("Staff zones black").check()
    page.wait_for_function(
        """() => {
            const canvas = document.getElementById("picture");
            return canvas.getContext("2d").getImageData(20, 20, 1, 1).data[0] < 8;
        }"""
    )
    assert min(pixel(page, 0.6, 0.6)) > 40
    assert drawing.detector.image is not None
    assert not drawing.detector.image[:90, :90].any()


def test_a_camera_that_is_gone_says_why_and_the_drawing_stays(
    new_drawing: NewDrawing, open_page: OpenPage
) -> None:
    drawing = new_drawing(zone=ZONE)
    page = opened(drawing, open_page)
    drawing.camera.problem = "camera /dev/video0: is not there"
    expect(page.locator("#waiting")).to_have_text("camera /dev/video0: is not there")
    expect(page.locator("#pulse")).to_have_text("no picture")
    expect(page.locator("#shapes li")).to_have_count(1)
    drawing.camera.problem = ""
    expect(page.locator("#pulse")).to_have_text("live")


def test_without_a_detector_zones_can_be_drawn_all_the_same(
    new_drawing: NewDrawing, open_page: OpenPage
) -> None:
    page = opened(new_drawing(zone=ZONE, no_detector="model 'persons': is not there"), open_page)
    expect(page.locator("#no-detector")).to_have_text("People are not shown: model 'persons': is not there")
    expect(page.locator("#legend")).to_be_hidden()


def test_the_page_writes_into_the_file(new_drawing: NewDrawing, open_page: OpenPage, tmp_path: Path) -> None:
    settings = device_settings(tmp_path)
    settings["cameras.till"] = {"source": "0", "zone": ZONE, "frame_rate_hz": 8.0}
    file = write_toml(tmp_path / "device.toml", settings)
    drawing = new_drawing(file, zone=ZONE, frame_rate_hz=8.0)
    page = opened(drawing, open_page)
    write = page.get_by_role("button", name="Write into device.toml")
    page.get_by_label("people who stand together are one contact").check()
    tool(page, "Staff").click()
    drag(page, (0.0, 0.0), (0.25, 0.4))
    write.click()
    expect(page.locator("#told")).to_contain_text("the old file is device.toml.bak")
    till = load_config(file).cameras["till"]
    assert near(till.staff_zones[0], [(0, 0), (0.25, 0), (0.25, 0.4), (0, 0.4)])
    assert (till.count_groups, till.frame_rate_hz) == (True, 8.0)
    assert drawing.page.written
    page.get_by_role("button", name="Remove Zone").click()
    expect(write).to_be_disabled()


def test_without_write_the_page_only_shows(drawing: Drawing, page: Page) -> None:
    expect(page.get_by_role("button", name="Write")).to_have_count(0)
    problems = page.evaluate(
        "fetch('write', { method: 'POST', body: '{}' }).then((answer) => answer.json())"
    )["problems"]
    assert problems[0] == "the command was started without --write"


def test_done_ends_it(drawing: Drawing, page: Page) -> None:
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#over")).to_contain_text("The command has ended.")
    assert drawing.page.done.is_set()


def _is_picture(answer: Response) -> bool:
    return answer.url.endswith("picture") and answer.headers["content-type"] == "image/jpeg"


def test_pictures_are_never_kept_and_only_for_who_knows_the_address(
    drawing: Drawing, open_page: OpenPage, tmp_path: Path
) -> None:
    pictures: list[Response] = []
    page = open_page("about:blank")
    page.on("response", lambda answer: answer.url.endswith("picture") and pictures.append(answer))
    page.goto(drawing.pages.url)
    expect(page.locator("#waiting")).to_be_hidden()
    for _ in range(2):
        page.wait_for_event("response", _is_picture)
    shown = [each for each in pictures if each.headers["content-type"] == "image/jpeg"]
    assert len(shown) >= 2
    assert {each.headers["cache-control"] for each in pictures} == {"no-store"}
    assert page.evaluate("caches.keys()") == []
    assert page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0
    good = f"/{drawing.pages.token}/picture"
    for path, host, expected in (
        (good, "localhost", 200),
        ("/picture", "localhost", 404),
        (good, "evil.example", 421),
    ):
        connection = http.client.HTTPConnection("127.0.0.1", drawing.pages.port, timeout=60)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        assert (answer.status, b"\xff\xd8\xff" in answer.read()) == (expected, expected == 200)
        connection.close()


@pytest.mark.parametrize(
    ("width", "theme"), [(390, "light"), (390, "dark"), (800, "light"), (1440, "light"), (1440, "dark")]
)
def test_the_page_breaks_no_rule_and_is_no_wider_than_its_screen(
    new_drawing: NewDrawing, open_page: OpenPage, violations: Violations, theme: str, width: int
) -> None:
    line = {"entrance": "north", "entrance_line": [[0.1, 0.4], [0.4, 0.4]]}
    page = opened(new_drawing(zone=ZONE, staff_zones=[STAFF], **line), open_page, width=width, theme=theme)
    expect(page.locator("#problems")).to_have_text("None found.")
    assert not violations(page)
    tool(page, "Queue").click()
    assert not violations(page)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_settings_that_nobody_touched_stay_as_they_are(new_drawing: NewDrawing, open_page: OpenPage) -> None:
    """Also those that lie between two steps of a slider, or beyond its end."""
    drawing = new_drawing(zone=ZONE, min_dwell_s=3.3, max_dwell_s=86_400.0, leave_gap_s=0.25)
    page = opened(drawing, open_page)
    tool(page, "Staff").click()
    drag(page, (0.0, 0.0), (0.25, 0.4))
    expect(page.locator("#toml")).to_contain_text("staff_zones")
    assert json.loads(json.dumps(drawing.toml))["min_dwell_s"] == 3.3
    assert (drawing.toml["max_dwell_s"], drawing.toml["leave_gap_s"]) == (86_400.0, 0.25)
