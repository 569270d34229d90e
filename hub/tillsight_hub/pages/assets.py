"""Stylesheets, scripts and icons: ours, from this machine, under an address that changes with them."""

import hashlib
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent.parent / "static"


class Assets:
    """The static folder behind `/static/<hash of all files>`, so that browsers may keep it for ever."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self.prefix = f"/static/{_hash_of(folder)}"

    def __call__(self, path: str) -> str:
        """The address of one file, such as `css/shell.css`; KeyError where there is none."""
        if not (self.folder / path).is_file():
            raise KeyError(path)
        return f"{self.prefix}/{path}"

    def files(self) -> StaticFiles:
        """What serves them."""
        return LastingFiles(directory=self.folder)


class LastingFiles(StaticFiles):
    """Files whose address changes when they do."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _hash_of(folder: Path) -> str:
    """Relative imports between modules stay inside one hash, so that old and new never mix."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
