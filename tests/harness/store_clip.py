"""A short clip of the rendered store with quick customers, so that a test need not wait for slow ones."""

from pathlib import Path

import cv2

from tillsight_edge.vision.scene.script import DOOR, SceneScript, Visit
from tillsight_edge.vision.scene.store import STAFF_ZONE, TILL_ZONE, StoreScene

RATE_HZ = 5
EVERY_S = 5.0
TO_THE_DOOR_S = 4.0
"""For the last one, until the clip ends."""
CAMERA = {
    "zone": [list(point) for point in TILL_ZONE],
    "staff_zones": [[list(point) for point in STAFF_ZONE]],
    "min_dwell_s": 1.5,
}
"""Settings of a camera that sees this store, but for its source."""


def quick_customers(count: int) -> SceneScript:
    """One after the other, each served for two and a half seconds."""
    stand, turn = (0.44, 0.89), (0.62, 0.62)
    visits = [
        Visit(0.2 + EVERY_S * number, (DOOR, turn, stand), 2.6, (stand, turn, DOOR), "neutral", number, 2.2)
        for number in range(count)
    ]
    return SceneScript(tuple(visits), EVERY_S * count + TO_THE_DOOR_S)


def write_store_clip(file: Path, customers: int = 2) -> list[tuple[float, float]]:
    """The clip; (arrive_s, depart_s) of everybody who is served."""
    scene = StoreScene(7, script=quick_customers(customers))
    film = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"mp4v"), RATE_HZ, (640, 480))
    for number in range(round(RATE_HZ * scene.duration_s)):
        film.write(scene.render(number / RATE_HZ).image)
    film.release()
    return scene.truth()
