"""What can be wrong with a backup."""

from tillsight_models.errors import TillsightError


class BackupFailed(TillsightError, RuntimeError):
    """Nothing was backed up; a file that was there before is as it was."""


class RestoreRefused(TillsightError, RuntimeError):
    """Nothing was restored: the file is damaged, or something is there that would be lost."""
