"""Bringing in a model that is not the product's own: fetched or copied, hashed, tried, and only then kept."""

import os
import re
import tempfile
import urllib.error
import urllib.request
from http.client import HTTPMessage
from pathlib import Path
from typing import IO

from tillsight_models.manifest import LARGEST_BYTES, shipped

from ..errors import BadModel
from .registry import Model, Registry, read_file, sha256
from .trial import kinds, try_apart
from .upstream.known import KNOWN

PATIENCE_S = 60
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def import_model(
    folder: Path,
    name: str,
    file: Path | None = None,
    kind: str | None = None,
    wanted_sha256: str | None = None,
) -> Model:
    """Put a model into the folder; one that is there under that name is replaced once the new one is good.

    `kind` is the name of a known or shipped model that it is like, by default `name`. Without `file` it is
    fetched from where its authors keep it. `wanted_sha256` takes the place of the hash that we know.
    """
    kind = kind or name
    if not NAME.fullmatch(name):
        raise BadModel(f"model {name!r}: should have a name of up to 40 of a-z, 0-9 and -")
    if name in shipped():
        raise BadModel(f"model {name!r}: comes with the product, should have another name")
    if kind not in kinds():
        raise BadModel(f"model {name!r}: {kind!r} is no kind of model, should be one of {', '.join(kinds())}")
    data = read_file(file, LARGEST_BYTES) if file else _fetched(kind)
    _check_hash(data, file, wanted_sha256 or (KNOWN[kind].sha256 if kind in KNOWN else None))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=folder) as staged:
            _keep(folder, name, _tried(Path(staged), data, name, kind))
    except OSError as error:
        raise BadModel(f"{folder}: {error.strerror or error}") from error
    return Registry(folder).find(name)


def _tried(staged: Path, data: bytes, name: str, kind: str) -> tuple[Path, Path]:
    """The file and its table, in a place where nobody looks for models."""
    file, table = staged / f"{name}-{sha256(data)[:8]}.onnx", staged / f"{name}.toml"
    _write(file, data)
    _write(table, try_apart(file, name, kind).encode())
    return file, table


def _keep(folder: Path, name: str, tried: tuple[Path, Path]) -> None:
    """The table comes last: from then on the model is there."""
    earlier = set(folder.glob(f"{name}-????????.onnx"))
    for path in tried:
        path.replace(folder / path.name)
    for path in earlier - {folder / tried[0].name}:
        path.unlink()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _check_hash(data: bytes, file: Path | None, wanted: str | None) -> None:
    found = sha256(data)
    if wanted is not None and found != wanted.lower():
        raise BadModel(
            f"{file or 'what was fetched'}: sha256 is {found}, should be {wanted}"
            " (--sha256 with the former takes it all the same)"
        )


def _fetched(kind: str) -> bytes:
    """The file from where its authors keep it."""
    address = KNOWN[kind].address if kind in KNOWN else None
    if address is None:
        raise BadModel(f"model {kind!r}: there is no address to fetch it from, should be given as a file")
    opener = urllib.request.build_opener(_OnlyHttps())
    try:
        with opener.open(address, timeout=PATIENCE_S) as answer:
            data: bytes = answer.read(LARGEST_BYTES + 1)
    except (OSError, urllib.error.URLError) as error:
        raise BadModel(f"{address}: {getattr(error, 'reason', error)}") from error
    if len(data) > LARGEST_BYTES:
        raise BadModel(f"{address}: should be at most {LARGEST_BYTES:,} bytes")
    return data


class _OnlyHttps(urllib.request.HTTPRedirectHandler):
    """Follows the authors' redirections, but never out of TLS."""

    def redirect_request(  # noqa: PLR0917
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.startswith("https://"):
            raise urllib.error.URLError(f"is redirected to {newurl}, should stay with https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
