"""The demo: a hub, and a small chain of simulated stores whose devices run the real agent."""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from .books import Result, sent_as_past, sent_by, settle
from .chain import PLACES, CameraView, Place, device_file, now
from .children import ChildEnded, Children
from .hub_side import USER, HubSide, fill_the_past, lay_out, wait_until_connected, wait_until_ready

PROGRAMS = Path(sys.executable).parent
FOREVER_S = 365 * 86_400
DRAIN_S = 60
"""How long the outboxes may take to empty once the shoppers have gone."""
CONTACTS_PER_MINUTE = 30
"""At each till; a day of a real one in half an hour."""
BUSY, CALM = 24, 8
"""Presses a minute at each till: to be counted in a short time, or to be looked at."""
SEEN = 1
"""Presses a minute at the till with the camera, where about three customers a minute are served."""
WHOLE_MIDDLE = ((0.2, 0.3), (0.8, 1.0))
"""Where customers are served in a picture that the demo does not know."""


def main() -> int:
    """The exit code: 0 all accounted for, 1 something lost, doubled or broken, 130 interrupted at the end."""
    arguments = _parser().parse_args()
    with ExitStack() as stack:
        folder = arguments.data or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="tillsight-demo-"))
        )
        try:
            result = Demo(folder, arguments).run()
        except ChildEnded as problem:
            print(f"demo: {problem}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("demo: stopped at once; nothing was counted", file=sys.stderr)
            return 130
    if arguments.json:
        print(json.dumps(asdict(result)))
    else:
        _tell(result)
    return 0 if result.is_good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, help="let shoppers press for so long; until Ctrl-C by default"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object, and nothing else on stdout"
    )
    parser.add_argument("--broker", choices=("auto", "mosquitto", "amqtt"), default="auto")
    parser.add_argument(
        "--history", type=int, metavar="DAYS", help="days of simulated past; 7, with --json 0"
    )
    parser.add_argument(
        "--presses-per-minute",
        type=float,
        metavar="X",
        help=f"at each till; {CALM}, with --seconds {BUSY}",
    )
    parser.add_argument("--port", type=int, help="of the pages; 8080 where that is free")
    parser.add_argument("--seed", type=int, default=1, help="which shoppers come")
    picture = parser.add_mutually_exclusive_group()
    picture.add_argument("--camera", metavar="N", help="a camera of this machine instead of the drawn store")
    picture.add_argument("--video", type=Path, metavar="FILE", help="a video instead of the drawn store")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep everything there and go on from it")
    return parser


def _view(arguments: argparse.Namespace) -> CameraView:
    """The store that the product draws itself, or what the arguments name."""
    if arguments.camera is not None:
        return CameraView(arguments.camera, WHOLE_MIDDLE)
    if arguments.video is not None:
        return CameraView(str(arguments.video.absolute()), WHOLE_MIDDLE)
    from tillsight_edge.vision.scene.store import STAFF_ZONE, TILL_ZONE

    return CameraView(f"scene:{arguments.seed}", TILL_ZONE, (STAFF_ZONE,))


class Demo:
    """One run, from the files to the accounts."""

    def __init__(self, folder: Path, arguments: argparse.Namespace) -> None:
        self.folder = folder.absolute()
        self.arguments = arguments
        self.out = sys.stderr if arguments.json else sys.stdout
        self.devices = [place.device for place in PLACES]
        (self.folder / "logs").mkdir(parents=True, exist_ok=True)
        self.children = Children(self.folder / "logs")
        self.pressing_s = 0.0

    def run(self) -> Result:
        """Start everything, let people press, wait until all has arrived, stop, and count."""
        with _interrupts():
            try:
                hub = self._open()
                self._let_people_press(hub)
            finally:
                self._close()
        return self._count(hub)

    def _open(self) -> HubSide:
        hub = lay_out(self.folder / "hub", self.arguments.port, self.arguments.broker, now())
        self.children.start("hub", [str(PROGRAMS / "tillsight-hub"), "run", "--config", str(hub.config)])
        wait_until_ready(hub, self.children.check)
        days = self.arguments.history
        if days is None:
            days = 0 if self.arguments.json else 7
        if days and not hub.past.exists():
            self._say(f"Filling the last {days} days ...")
            fill_the_past(hub, days, now(), self.arguments.seed)
        for number, place in enumerate(PLACES):
            self._start_device(place, hub.mqtt_port, number)
        wait_until_connected(hub, self.children.check)
        return hub

    def _start_device(self, place: Place, mqtt_port: int, number: int) -> None:
        config = self.folder / f"{place.device}.toml"
        view = _view(self.arguments)
        config.write_text(device_file(place, self._outbox(place), mqtt_port, view), encoding="utf-8")
        pace = self.arguments.presses_per_minute or (BUSY if self.arguments.seconds else CALM)
        pace = min(pace, SEEN) if place.contact_source == "camera" else pace
        argv = [str(PROGRAMS / "tillsight-edge"), "simulate", "--config", str(config)]
        argv += ["--seed", str(self.arguments.seed * 1000 + number), "--drain-seconds", str(DRAIN_S)]
        argv += ["--presses-per-minute", str(pace), "--contacts-per-minute", str(CONTACTS_PER_MINUTE)]
        self.children.start(place.device, argv)

    def _let_people_press(self, hub: HubSide) -> None:
        began = time.monotonic()
        limit = self.arguments.seconds or FOREVER_S
        try:
            self._announce(hub)
            while (passed := time.monotonic() - began) < limit:
                self.children.check()
                time.sleep(min(0.5, limit - passed))
        except KeyboardInterrupt:
            self._say("\nStopping: the tills send what they still hold ...")
        self.pressing_s = time.monotonic() - began

    def _close(self) -> None:
        """The tills first: they see the shoppers out, and the hub can store what they still hold."""
        try:
            self.children.stop(self.devices, DRAIN_S + 10)
            self.children.stop()
        except BaseException:
            self.children.kill()
            raise

    def _count(self, hub: HubSide) -> Result:
        sent = [sent_by(self._outbox(place), place.device, place.id) for place in PLACES]
        engine = hub.open_database()
        try:
            return settle(engine, sent + sent_as_past(hub.past), hub.url, self.pressing_s)
        finally:
            engine.dispose()

    def _outbox(self, place: Place) -> Path:
        return self.folder / "outboxes" / f"{place.device}.db"

    def _announce(self, hub: HubSide) -> None:
        limit = self.arguments.seconds
        end = "Ctrl-C ends it." if limit is None else f"It ends by itself after {limit:g} s."
        kept = "" if self.arguments.data else "  (gone at the end; --data DIR keeps it)"
        self._say(
            f"""
Tillsight demo: {len(PLACES)} tills in 3 stores

  pages     {hub.url}
  login     {USER}
  password  {hub.password}
  API       {hub.url}docs
  data      {self.folder}{kept}

{end}"""
        )

    def _say(self, words: str) -> None:
        print(words, file=self.out, flush=True)


@contextmanager
def _interrupts() -> Iterator[None]:
    """The end of the terminal and `kill` count as Ctrl-C; a second one ends everything at once."""
    before = {
        number: signal.signal(number, signal.default_int_handler)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(result: Result) -> None:
    print(
        f"\n{result.pressed} presses committed on the tills, {result.stored} stored on the hub, "
        f"{result.duplicates} doubled, {result.lost} events lost; {result.contacts} people served, "
        f"{result.camera_contacts} of them counted from frames."
    )


if __name__ == "__main__":
    sys.exit(main())
