"""What the kiosk's page asks and tells."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import msgspec

from tillsight_models.events import CameraState
from tillsight_models.scales import scale
from tillsight_models.surveys import LONGEST_TEXT

from ..config import DeviceConfig
from ..kiosk_config import PICTURES
from ..pages.server import Answer, PageServer, Route, as_json
from ..pause import CameraPause, PauseState
from .kiosk import Kiosk
from .notice import Notice
from .session import Session
from .texts import load_texts

Number = Annotated[int, msgspec.Meta(ge=1)]


class Watched(msgspec.Struct, frozen=True):
    """What is known of the people there: everything, for the privacy page."""

    contacts: int
    """In the last minute."""
    cameras: dict[str, CameraState]
    pause: PauseState | None = None
    """None where the cameras cannot be paused here."""
    notice: Notice | None = None
    """None where there is no camera."""


class Touch(msgspec.Struct, frozen=True):
    """A touch, and which screen it meant."""

    number: Number = 1
    id: Annotated[str, msgspec.Meta(max_length=64)] = ""
    button: Annotated[int, msgspec.Meta(ge=0, le=11)] = 0
    text: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT * 2)] = ""
    language: Annotated[str, msgspec.Meta(max_length=16)] = ""


def kiosk_server(
    config: DeviceConfig,
    kiosk: Kiosk,
    watched: Callable[[], Watched],
    pause: CameraPause,
) -> PageServer:
    """Serves the page at the kiosk's port, to this machine only. PageUnavailable where the port is taken."""
    return PageServer(
        "kiosk.html",
        {**kiosk_routes(kiosk), **_facts(config, kiosk), **_watched_routes(watched, pause)},
        port=config.kiosk.port,
        package=__package__,
        welcome=True,
    )


def kiosk_routes(kiosk: Kiosk) -> dict[str, Route]:
    """The touches; every answer is the screen as it is then."""

    def route(act: Callable[[Touch], None]) -> Route:
        def answer(body: bytes) -> Answer:
            act(msgspec.json.decode(body, type=Touch))
            return as_json(kiosk.frame())

        return answer

    def touched(act: Callable[[Session, Touch], Any]) -> Route:
        return route(lambda touch: kiosk.touch(lambda session: act(session, touch)))

    def events(_: bytes) -> Answer:
        return Answer(kind="text/event-stream", stream=kiosk.frames())

    return {
        "GET events": events,
        "GET called": lambda _: as_json({"silent_ms": kiosk.silent_ms}),
        "POST rate": route(lambda touch: kiosk.rate(touch.button, touch.number)),
        "POST undo": route(lambda _: kiosk.undo()),
        "POST ping": route(lambda _: kiosk.called()),
        "POST choose": touched(lambda session, touch: session.choose(touch.id, touch.number)),
        "POST write": touched(lambda session, touch: session.write(touch.text, touch.number)),
        "POST leave": touched(lambda session, touch: session.leave(touch.number)),
        "POST stay": touched(lambda session, _: session.stay()),
        "POST wake": touched(lambda session, _: session.wake()),
        "POST speak": touched(lambda session, touch: session.speak(touch.language)),
        "POST ease": touched(lambda session, touch: session.adapt(touch.id)),
    }


def _watched_routes(watched: Callable[[], Watched], pause: CameraPause) -> dict[str, Route]:
    """What is known of the people there, and the break that they can give the cameras."""

    def asked(act: Callable[[], bool]) -> Route:
        def answer(_: bytes) -> Answer:
            act()
            return as_json(watched())

        return answer

    return {
        "GET watched": lambda _: as_json(watched()),
        "POST pause": asked(pause.begin),
        "POST resume": asked(pause.end),
    }


def _facts(config: DeviceConfig, kiosk: Kiosk) -> dict[str, Route]:
    """What does not change from one shopper to the next."""
    panel, settings = config.panel, config.kiosk
    ratings = scale(panel.scale)

    def facts(_: bytes) -> Answer:
        number, contents = kiosk.contents
        return as_json(
            {
                "contents": number,
                "languages": contents.languages,
                "texts": load_texts(contents.languages),
                "question": contents.settings.question,
                "attract": contents.attract,
                "attract_here": contents.attract_here,
                "scale": ratings.id,
                "ratings": [
                    ratings.rating(button, is_reversed=panel.reversed)
                    for button in range(1, ratings.ratings + 1)
                ],
                "cards": contents.cards,
                "sound": contents.settings.sound,
                "warning_s": contents.settings.warning_s,
                "panel_answers": contents.settings.panel_answers,
                "undo_button": panel.undo_number,
                "keyboard": contents.settings.keyboard,
            }
        )

    return {
        "GET facts": facts,
        "GET picture-away": _constant(_picture(settings.picture, "away")),
        "GET picture-present": _constant(_picture(settings.present_picture, "present")),
    }


def _picture(file: Path | None, name: str) -> Answer:
    if file is None:
        drawn = files(__package__).joinpath("static", f"{name}.svg").read_bytes()
        return Answer(drawn, PICTURES[".svg"])
    return Answer(file.read_bytes(), PICTURES[file.suffix.lower()])


def _constant(answer: Answer) -> Route:
    return lambda _: answer
