"""What can be wrong with who somebody says they are."""

from tillsight_models.errors import TillsightError


class NoAuthority(TillsightError, RuntimeError):
    """The hub has no certificate authority, or one that cannot be read."""


class BadRequestForCertificate(TillsightError, ValueError):
    """A certificate signing request that is none, or that asks for what is not given."""


class EnrolmentRefused(TillsightError, ValueError):
    """A device that may not have a certificate now."""
