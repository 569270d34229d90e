"""The part of the configuration that is about seeing: cameras, their zones, and what may be inferred."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from tillsight_models.configuration import Settings
from tillsight_models.events import SLUG_PATTERN

Id = Annotated[str, Field(pattern=SLUG_PATTERN)]
Share = Annotated[float, Field(ge=-0.5, le=1.5)]
"""Of the frame's width or height; a zone may reach a little beyond the frame."""
Point = tuple[Share, Share]
Polygon = Annotated[tuple[Point, ...], Field(min_length=2, max_length=32)]
"""Corners in order; two points are opposite corners of an upright rectangle."""
Line = tuple[Point, Point]


class CameraSettings(Settings):
    """One camera and what is counted in its picture. Places are shares of the frame, (0, 0) is top left."""

    source: str
    """`0` or `/dev/video0`, `rtsp://...`, `picamera`, a video file, a folder of images, or `scene:SEED`."""
    username: str | None = None
    password_file: Annotated[Path | None, Field(validate_default=True)] = None
    """For an RTSP source: the address itself carries no password."""
    off: bool = False
    """No frame is taken, and the camera is told as paused."""
    frame_rate_hz: Annotated[float, Field(ge=1, le=30)] = 5.0
    zone: Polygon | None = None
    """Where a customer is served; None: this camera counts no contacts."""
    staff_zones: Annotated[tuple[Polygon, ...], Field(max_length=8)] = ()
    """Blackened before anybody is looked for."""
    queue_zone: Polygon | None = None
    """Where customers wait before they are served."""
    entrance: Id | None = None
    """Name of the entrance whose visitors `entrance_line` or `entrance_zone` counts."""
    entrance_line: Line | None = None
    """Crossed from its left to its right, seen from its first point towards its second: entered."""
    entrance_zone: Polygon | None = None
    """Appearing inside and leaving outside: entered; coming in and disappearing there: left."""
    min_dwell_s: Annotated[float, Field(gt=0, le=3600)] = 3.0
    """Who stands in the zone for a shorter time was not served."""
    max_dwell_s: Annotated[float, Field(gt=0, le=86_400)] = 1800.0
    """Whoever stands there longer is no customer."""
    leave_gap_s: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Out of the zone, or unseen, for so long: left."""
    count_groups: bool = False
    """People who stand in the zone together are one contact, of so many `people`."""
    down_after_s: Annotated[float, Field(ge=1, le=60)] = 5.0
    """No frame for so long: the camera is reported down, and started anew."""

    @field_validator("source")
    @classmethod
    def _no_password_in_the_address(cls, source: str) -> str:
        if not source:
            raise ValueError("should name a camera")
        if "://" in source and urlsplit(source).password is not None:
            raise ValueError("should not hold a password: put it into a file, password_file names it")
        return source

    @field_validator("password_file")
    @classmethod
    def _whose_password(cls, path: Path | None, others: ValidationInfo) -> Path | None:
        if "username" in others.data and (path is None) != (others.data["username"] is None):
            raise ValueError("needs username, and username needs it")
        return path

    @field_validator("entrance_zone")
    @classmethod
    def _line_or_zone(cls, zone: object, others: ValidationInfo) -> object:
        if zone is not None and others.data.get("entrance_line") is not None:
            raise ValueError("should not be there beside entrance_line: one of them counts")
        return zone

    @field_validator("max_dwell_s")
    @classmethod
    def _above_the_least(cls, most: float, others: ValidationInfo) -> float:
        if most <= others.data.get("min_dwell_s", 0):
            raise ValueError("should be greater than min_dwell_s")
        return most

    @property
    def counts_visitors(self) -> bool:
        """Whether an entrance is counted."""
        return self.entrance_line is not None or self.entrance_zone is not None


class VisionSettings(Settings):
    """The process that sees."""

    start: bool = True
    """The agent starts it; false where something else does, systemd for example."""
    socket: Path | None = None
    """Where it tells the agent its numbers; None: beside the outbox."""
    window_s: Annotated[float, Field(ge=10, le=3600)] = 300.0
    """Between two reports of visitors, queue and data coverage."""
    persons_model: str = "persons"
    """Name of the detector in `tillsight-edge models list`."""
    models_folder: Path = Path("/var/lib/tillsight/models")
    """Where `tillsight-edge models import` puts models that do not come with the product."""


WARNED_DAYS = 30
"""So long before a declaration ends its end is told."""


class DeclarationSettings(Settings):
    """What the site declares before faces are looked at; the person named answers for it."""

    purpose: Annotated[str, Field(min_length=10, max_length=500)]
    assessment: Annotated[str, Field(min_length=1, max_length=200)]
    """Reference of the data protection impact assessment."""
    legal_basis: Literal["consent", "legitimate-interest", "public-task", "other-law"]
    """On what the site rests: GDPR Art. 6(1) a, f or e, or another law, which the assessment names."""
    responsible: Annotated[str, Field(min_length=1, max_length=200)]
    """The role that answers for it, for example `store management`."""
    sign_installed: date
    """Since when shoppers are told by a sign at the entrance."""
    expires: date
    """From this day on faces are not looked at."""
    sign_photo_sha256: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    """Of a photograph that shows the sign in its place; the photograph stays with the site."""

    @field_validator("expires")
    @classmethod
    def _after_the_sign(cls, expires: date, others: ValidationInfo) -> date:
        if "sign_installed" in others.data and expires <= others.data["sign_installed"]:
            raise ValueError("should be later than declaration.sign_installed")
        return expires

    def problem_on(self, day: date) -> str | None:
        """Why faces are not looked at on this day; None where they may be."""
        if day < self.sign_installed:
            return f"declaration.sign_installed: {self.sign_installed}: is still to come"
        if day >= self.expires:
            return f"declaration.expires: {self.expires}: has passed"
        return None

    def ends_soon(self, day: date) -> str | None:
        """A line from so many days before the end on; None sooner and later."""
        left = (self.expires - day).days
        if 0 < left <= WARNED_DAYS:
            return f"declaration.expires: {self.expires}: {left} days are left"
        return None


class PrivacySettings(Settings):
    """Whose rules hold where the device stands."""

    region: Literal["EU", "US-IL", "none"] = "EU"
    """EU: faces need a declaration, and emotion staff zones too. US-IL (Illinois' law on biometrics): no face
    is looked at. none: another law; the declaration is needed all the same."""


class EmotionSettings(Settings):
    """How customers looked; off unless a declaration stands beside it."""

    enabled: bool = False
    model: str = "emotion"
    """Name of a model in `tillsight-edge models list`, or `deepface`."""
    faces_model: str = "faces"
    window_s: Annotated[float, Field(ge=300, le=86_400)] = 900.0
    """Between two `emotion.window` events, at least."""
    min_people: Annotated[int, Field(ge=10, le=1000)] = 10
    """A window with fewer people waits for more."""
    min_crops: Annotated[int, Field(ge=1, le=100)] = 5
    """Usable pictures of a face, below which a person's mood is unknown."""
    min_face_px: Annotated[int, Field(ge=16, le=512)] = 24
    staff_out_of_view: bool = False
    """Declares that no camera sees staff; otherwise each camera needs a staff zone."""
    validation_file: Path | None = None
    """What `tillsight-edge emotion validate` wrote; its counts travel with each window."""


class DemographicsSettings(Settings):
    """Age band and gender of customers; off unless a declaration stands beside it."""

    enabled: bool = False
    model: str = "demographics"
    window_s: Annotated[float, Field(ge=300, le=86_400)] = 3600.0
    min_people: Annotated[int, Field(ge=10, le=1000)] = 10


class StaffSettings(Settings):
    """The seller's own button."""

    attempt_pin: Annotated[int | None, Field(ge=0, le=53)] = None
    """BCM number; pressed when a seller begins to serve a customer actively, and again at the end."""
    attempt_max_s: Annotated[float, Field(gt=0, le=86_400)] = 3600.0
    """An attempt that was not closed ends by itself after so long."""
