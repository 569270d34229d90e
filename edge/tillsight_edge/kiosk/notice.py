"""What this device looks at, told to who stands before it: made of the configuration that is in force."""

from datetime import date

import msgspec

from ..config import DeviceConfig


class Faces(msgspec.Struct, frozen=True):
    """What is estimated from faces, and who has declared it."""

    moods_of: int | None
    """Only as totals of so many people or more; None: no mood is estimated."""
    ages_of: int | None
    purpose: str
    responsible: str
    expires: date


class Notice(msgspec.Struct, frozen=True):
    """What is counted by cameras, and what is estimated."""

    served: bool
    visitors: bool
    queue: bool
    faces: Faces | None
    """None: no face is looked at."""


def notice_of(config: DeviceConfig, day: date) -> Notice | None:
    """Of this day: a declaration ends. None where there is no camera."""
    cameras = config.cameras.values()
    if not cameras:
        return None
    return Notice(
        served=any(camera.zone is not None for camera in cameras),
        visitors=any(camera.counts_visitors for camera in cameras),
        queue=any(camera.queue_zone is not None for camera in cameras),
        faces=_faces(config, day),
    )


def _faces(config: DeviceConfig, day: date) -> Faces | None:
    declared, emotion, demographics = config.declaration, config.emotion, config.demographics
    is_on = emotion.enabled or demographics.enabled
    if declared is None or not is_on or config.faces_off_on(day) is not None:
        return None
    return Faces(
        moods_of=emotion.min_people if emotion.enabled else None,
        ages_of=demographics.min_people if demographics.enabled else None,
        purpose=declared.purpose,
        responsible=declared.responsible,
        expires=declared.expires,
    )
