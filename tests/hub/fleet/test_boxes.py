"""The list of boxes, on both databases: what waits, what is lost, and who comes first."""

from sqlalchemy import Engine
from tests.harness.ingesting import HOUR, MINUTE, NOON, Box, take

from tillsight_hub.fleet.boxes import read_boxes
from tillsight_hub.fleet.findings import read_delay, read_set_aside
from tillsight_hub.hierarchy import read_hierarchy


def test_boxes_say_what_waits_and_what_is_lost_the_worst_first(either_engine: Engine) -> None:
    first, second = Box(), Box("box-2", "till-2", "b" * 16)
    first.skip(3)
    take(either_engine, (first, [first.dropped((1, 2), t=NOON), first.press(t=NOON)]))
    take(either_engine, (second, [second.press(t=NOON, scale="smiley-5")]))
    with either_engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        boxes = read_boxes(connection, hierarchy, hierarchy.touchpoints, NOON + HOUR + MINUTE)
        assert read_boxes(connection, hierarchy, {}, NOON) == []
        delay = read_delay(connection, set(hierarchy.touchpoints))
        assert read_set_aside(connection, None) == []
    told = {box.id: box for box in boxes}
    assert boxes[0].id == "box-1"
    assert (told["box-1"].delivery.lost, told["box-1"].delivery.behind) == (2, 3)
    assert [trouble.key for trouble in told["box-1"].troubles] == ["dropped"]
    assert told["box-2"].severity == 0
    assert [trouble.key for trouble in told["box-3"].troubles] == ["never"]
    assert delay is not None
    assert delay.events == 3
