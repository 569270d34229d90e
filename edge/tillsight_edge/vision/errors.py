"""What can go wrong with cameras, frames and models on purpose; every text names the thing and the value."""

from tillsight_models.errors import TillsightError


class BadFrame(TillsightError, ValueError):
    """Something that should be a picture is none that can be used; the frame is skipped."""


class BadModel(TillsightError, ValueError):
    """A model that is not there, is not what its manifest says, or cannot be run."""


class BadSource(TillsightError, ValueError):
    """A camera source that cannot be meant."""


class CameraUnavailable(TillsightError, OSError):
    """The camera cannot be opened, or gives no frame; trying again later may help."""


class SandboxUnavailable(TillsightError, OSError):
    """The kernel or the machine cannot take rights away, so that nothing may look at frames here."""


class BadCrops(TillsightError, ValueError):
    """A file that should hold pictures of faces, or what was seen in them, and cannot be used."""


class BadValidation(TillsightError, ValueError):
    """A validation file that cannot be read, or whose counts are of another model."""


class BadClip(TillsightError, OSError):
    """A video file that cannot be read, or not be written."""
