"""Models that devices may be told to fetch: files in the hub's data directory, known by their hash."""

import hashlib
import re
from pathlib import Path

from tillsight_models.manifest import LARGEST_BYTES
from tillsight_models.orders import ModelFile

from .errors import OrderNotGiven

FOLDER = "models"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def model_file(data_dir: Path, name: str, like: str, address: str) -> ModelFile:
    """How to fetch `models/<name>.onnx` of the data directory from the hub at `address`."""
    for what in (name, like):
        if not NAME.fullmatch(what):
            raise OrderNotGiven(f"model {what!r}: expected a name of up to 40 of a-z, 0-9 and -")
    file = data_dir / FOLDER / f"{name}.onnx"
    if not address.startswith(("https://", "http://")):
        raise OrderNotGiven(f"address {address!r}: expected the hub's own, beginning with https://")
    digest = _digest(file)
    if digest is None:
        raise OrderNotGiven(f"model {name!r}: expected a file {file} of at most {LARGEST_BYTES} bytes")
    return ModelFile(name=name, like=like, sha256=digest, url=f"{address.rstrip('/')}/api/v1/models/{digest}")


def by_digest(data_dir: Path, sha256: str) -> Path | None:
    """The file of this hash; None where there is none."""
    files = sorted((data_dir / FOLDER).glob("*.onnx"))
    return next((file for file in files if _digest(file) == sha256), None)


def _digest(file: Path) -> str | None:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            return None
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None
