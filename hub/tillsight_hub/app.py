"""The hub as a whole: the one place that chooses its parts, starts them, serves them and stops them."""

import contextlib
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from importlib.metadata import version
from typing import Literal

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tillsight_models.errors import BadConfig, TillsightError

from .access import ensure_first_user
from .access.clock import now_ms
from .alerts.delivery import webhook_of
from .alerts.outbox import Filed, FollowUp
from .alerts.watcher import Watcher
from .api import (
    access,
    alerts,
    cases,
    chain,
    devices,
    drivers,
    events,
    explain,
    export,
    fleet_alarms,
    health,
    identity,
    imports,
    ingest,
    orders,
    ranking,
    reports,
    scores,
    security_txt,
    settings,
    surveys,
    touchpoints,
    value,
    wanted,
    week,
    what_if,
)
from .api.reading import refuse
from .broker import EmbeddedBroker
from .cases.keeper import CaseKeeper
from .cases.opening import AlertCases
from .cleaning.cleaner import Cleaner
from .commands.orders import forget_old_orders
from .commands.teller import Teller
from .compliance.retention import forget
from .config import HubConfig, WebSettings, unreadable_files
from .consistency import verify
from .database import migrate, open_database, tidy, wait_for_database, writing
from .errors import AddressInUse
from .fleet.alarms import Alarms
from .fleet.boxes import Trouble
from .fleet.sightings import Lookout
from .fleet.versions import note_version
from .identity.revocation import keep_list
from .ingest.clocks import bound_unsynced
from .ingest.limits import DeviceLimits
from .ingest.subscriber import Subscriber
from .ingest.writer import IngestWriter
from .live.live import Live, TooManyStreams
from .mail.outbox import forget_old
from .mail.sender import sender_of
from .nightly import Job, Nightly
from .pages import install_pages
from .pages.assets import Assets
from .pages.cases import letter_writer
from .pages.rendering import Pages, in_every_language
from .pulse import Door, Pulse
from .reports.alert_mails import AlertMails
from .reports.posting import ReportPost
from .seed import apply_seed, read_seed
from .services import Services
from .shown.kiosk_section import KioskSection
from .visits.erasing import erase_old
from .visits.keys import PhoneDoor
from .visits.sender import PhoneSender
from .wanted.device_settings import CAMERAS_SECTION, DEVICE_SECTION
from .wanted.publisher import Publisher
from .wanted.sections import Section

log = logging.getLogger(__name__)

ROUTERS = (
    health.router,
    identity.router,
    ingest.router,
    access.router,
    scores.router,
    week.router,
    explain.router,
    ranking.router,
    reports.router,
    drivers.router,
    value.router,
    what_if.router,
    alerts.router,
    cases.router,
    touchpoints.router,
    chain.router,
    devices.router,
    wanted.router,
    orders.router,
    settings.router,
    fleet_alarms.router,
    surveys.router,
    events.router,
    export.router,
    imports.router,
    security_txt.router,
)
DATABASE_PATIENCE_S = 30.0
"""A server that boots together with the hub may take this long."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
STREAMS_END_S = 3
"""How long open requests may take to end when the hub stops."""


def create_app(config: HubConfig) -> FastAPI:
    """A new hub; its parts start and stop with the app's lifespan."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with running(app.state.services):
            yield

    app = FastAPI(
        title="Tillsight hub",
        version=version("tillsight"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.services = _assemble(config)
    app.add_exception_handler(TillsightError, _refused)
    app.add_exception_handler(RequestValidationError, refuse)
    app.add_exception_handler(TooManyStreams, _busy)
    app.add_exception_handler(OperationalError, _database_away)
    app.add_exception_handler(PoolTimeout, _database_away)
    for router in ROUTERS:
        app.include_router(router)
    install_pages(app)
    return app


@contextlib.contextmanager
def running(services: Services) -> Iterator[None]:
    """Prepares the database, starts the parts in the order of a press's way, and stops them backwards."""
    config, engine = services.config, services.engine
    wait_for_database(engine, DATABASE_PATIENCE_S)
    migrate(engine)
    with writing(engine) as connection:
        note_version(connection, version("tillsight"), now_ms())
    if config.seed is not None:
        _apply(engine, config)
    webhook = webhook_of(engine, config.alerts)
    watcher = Watcher(
        engine,
        config.alerts,
        services.live.touch,
        webhook.wake if webhook else lambda: None,
        has_channel=webhook is not None,
        follow_up=_after_alerts(config),
    )
    with contextlib.ExitStack() as stack:
        stack.callback(engine.dispose)
        for part in (
            services.broker,
            services.writer,
            services.subscriber,
            Publisher(engine, services.subscriber, _sections(services)),
            Teller(engine, services.subscriber),
            Cleaner(engine, config.cleaning, services.live.touch),
            PhoneSender(engine, services.writer.submit),
            CaseKeeper(engine, config.cases, letter_writer(config.cases.phone_url), services.live.touch),
            webhook,
            Alarms(engine, config, _said, webhook, _lookouts(services)),
            _report_post(services),
            sender_of(engine, config.mail),
            watcher,
            _nightly(services, watcher),
        ):
            if part is not None:
                part.start()
                stack.callback(part.stop)
        stack.callback(services.live.stop)
        yield


def serve(config: HubConfig, announce: Callable[[str], None]) -> None:
    """Run the hub until SIGTERM or Ctrl-C; `announce` gets the lines for the person at the terminal."""
    if problems := list(unreadable_files(config)):
        raise BadConfig(problems)
    if config.web.host not in LOOPBACK and not config.web.secure_cookies and not config.web.tls:
        log.warning(
            "passwords travel in clear: put a TLS proxy before %s and set web.secure_cookies", config.web.host
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt), _listening(config) as listener:
        app = create_app(config)
        services: Services = app.state.services
        with running(services):
            host, port = listener.getsockname()[:2]
            announce(f"Tillsight hub {app.version}: {'https' if config.web.tls else 'http'}://{host}:{port}")
            if first := ensure_first_user(services.engine):
                announce(f"First login: {first[0]}, password {first[1]} (shown this once)")
            if services.broker:
                broker = services.broker
                announce(f"MQTT broker: {broker.name} on {broker.host}:{broker.port}")
            pulse = Pulse(services.writer, Door(_reachable(host), port, is_tls=config.web.tls).answers)
            pulse.start()
            _Server(app, services.live, config.web).run(sockets=[listener])
            pulse.stop()


class _Server(uvicorn.Server):
    """Ends the live streams first when it stops: uvicorn waits for open responses, and they never end."""

    def __init__(self, app: FastAPI, live: Live, web: WebSettings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=STREAMS_END_S,
                ssl_certfile=web.cert_file,
                ssl_keyfile=web.key_file,
            )
        )
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.stop()
        await super().shutdown(sockets)


def _assemble(config: HubConfig) -> Services:
    engine = open_database(config.database_url())
    live = Live()
    writer = IngestWriter(
        engine,
        on_commit=live.commit_seen,
        window=config.ingest.window,
        max_batch=config.ingest.max_batch,
        future_tolerance_s=config.ingest.future_tolerance_s,
    )
    broker = None
    mqtt = config.mqtt
    if mqtt.embedded:
        broker = EmbeddedBroker(config.data_dir / "broker", mqtt.host, mqtt.port, mqtt.program)
        mqtt = mqtt.model_copy(update={"port": broker.port})
    limits = DeviceLimits(config.ingest.device_rate, config.ingest.device_burst, config.ingest.device_daily)
    return Services(config, engine, writer, live, Subscriber(mqtt, writer, engine, limits), broker, limits)


def _lookouts(services: Services) -> list[Lookout]:
    """Who sees what no device says of itself."""
    assert services.subscriber is not None
    assert services.limits is not None
    return [services.writer.watch, services.subscriber.broker_log, services.limits]


def _sections(services: Services) -> list[Section]:
    """What the hub may want of a device."""
    door = PhoneDoor(services.engine, services.config.cases.phone_url)
    return [KioskSection(door), DEVICE_SECTION, CAMERAS_SECTION]


def _after_alerts(config: HubConfig) -> FollowUp:
    """What follows an alert, in the transaction that files it: a case, and mails to whoever wants them."""
    following: list[FollowUp] = [AlertCases(config.cases)]
    if config.mail.host is not None:
        following.append(AlertMails(_spoken, config.reports))

    def follow(connection: Connection, filed: Filed) -> None:
        for each in following:
            each(connection, filed)

    return follow


def _said(trouble: Trouble, what: Literal["trouble", "do"]) -> str:
    """As the page of devices says it: what is wrong, or what to do."""
    return _spoken()["en"].t(f"devices.{what}_{trouble.key}", **trouble.values)


def _report_post(services: Services) -> ReportPost | None:
    """None where no mail server is configured."""
    config = services.config
    if config.mail.host is None:
        return None
    return ReportPost(services.engine, _spoken, services.metrics, config.reports)


@cache
def _spoken() -> dict[str, Pages]:
    """The words of mails and reports, by language."""
    return in_every_language(Assets())


def _nightly(services: Services, watcher: Watcher) -> Nightly:
    engine = services.engine
    jobs = [
        Job("bounding of undated events", lambda: bound_unsynced(engine)),
        Job("consistency check", lambda: verify(engine)),
        Job("learning of what is usual", watcher.learn),
        Job("erasure of what people left", lambda: erase_old(engine)),
        Job("retention", lambda: forget(engine, services.config.retention)),
        Job("revocation list", lambda: keep_list(engine, services.config)),
        Job("clean-up", lambda: tidy(engine)),
        Job("forgetting of old orders", lambda: forget_old_orders(engine)),
        Job("forgetting of old mail", lambda: forget_old(engine)),
    ]
    return Nightly(services.config.nightly.at, jobs)


def _apply(engine: Engine, config: HubConfig) -> None:
    assert config.seed is not None
    result = apply_seed(engine, read_seed(config.seed))
    if result.added or result.changed:
        log.info("seed %s: %d added, %d changed", config.seed, result.added, result.changed)
    for place in result.absent:
        log.warning("%s is in the hub but no longer in %s", place, config.seed)


@contextlib.contextmanager
def _listening(config: HubConfig) -> Iterator[socket.socket]:
    """The web port, taken before anything starts; AddressInUse where that cannot be."""
    web = config.web
    try:
        listener = socket.create_server((web.host, web.port), family=_family(web.host))
    except OSError as error:
        raise AddressInUse(f"web.port: {web.host}:{web.port}: {error.strerror or error}") from error
    with listener:
        yield listener


def _reachable(host: str) -> str:
    """An address of this machine behind one that means all of them."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


async def _refused(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 400)


async def _busy(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": "5"})


async def _database_away(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s: the database failed: %s", request.method, request.url.path, error)
    return JSONResponse({"detail": "the database does not answer"}, 503, {"Retry-After": "5"})
