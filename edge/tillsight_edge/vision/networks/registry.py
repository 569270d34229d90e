"""Which models there are, and their files: read and hashed here, run elsewhere. Needs no runtime."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tillsight_models.errors import BadConfig
from tillsight_models.manifest import (
    LARGEST_BYTES,
    SHIPPED_BYTES,
    ModelEntry,
    Task,
    read_manifest,
    shipped,
    shipped_folder,
)

from ...config import DeviceConfig
from ..errors import BadModel

ALIASES = {"deepface": "deepface-emotion"}
"""Names that settings may use besides those of the manifests."""


@dataclass(frozen=True)
class Model:
    """One model and where it lies; reading it proves its hash."""

    entry: ModelEntry
    folder: Path
    shipped: bool

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def path(self) -> Path:
        return self.folder / self.entry.file

    @property
    def size(self) -> int | None:
        """Bytes of the file, None where it is missing."""
        return self.path.stat().st_size if self.path.is_file() else None

    def read(self) -> bytes:
        """The file's bytes; BadModel where they are not the ones that the manifest names."""
        data = read_file(self.path, SHIPPED_BYTES if self.shipped else LARGEST_BYTES)
        if (found := sha256(data)) != self.entry.sha256:
            raise BadModel(f"{self.path}: sha256 is {found}, should be {self.entry.sha256}")
        return data


class Registry:
    """The models that came with the product and those that the site imported into `folder`."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder

    def models(self) -> dict[str, Model]:
        """All that can be read, by name, shipped ones first; an imported one cannot take their names."""
        models = {entry.name: self._shipped(entry) for entry in shipped().values()}
        for path in self._tables():
            with suppress(BadModel):
                models.setdefault(path.stem, self._imported(path))
        return models

    def broken(self) -> dict[str, str]:
        """Imported models whose table cannot be read, by name, and what is wrong with it."""
        problems = {}
        for path in self._tables():
            try:
                self._imported(path)
            except BadModel as error:
                problems[path.stem] = str(error)
        return problems

    def find(self, name: str, task: Task | None = None) -> Model:
        """The model of that name; BadModel where there is none, or it does another task."""
        model = self._find(ALIASES.get(name, name))
        if model is None:
            raise BadModel(
                f"model {name!r}: is not there, there are {', '.join(sorted(self.models())) or 'none'}"
            )
        if task is not None and model.entry.task != task:
            raise BadModel(f"model {name!r}: is for {model.entry.task}, should be for {task}")
        return model

    def _find(self, name: str) -> Model | None:
        """Only this one's table is read: what is wrong with another does not matter."""
        if entry := shipped().get(name):
            return self._shipped(entry)
        table = next((path for path in self._tables() if path.stem == name), None)
        return self._imported(table) if table else None

    @staticmethod
    def _shipped(entry: ModelEntry) -> Model:
        return Model(entry, shipped_folder(), shipped=True)

    @staticmethod
    def _imported(table: Path) -> Model:
        return Model(_entry_of(table), table.parent, shipped=False)

    def _tables(self) -> list[Path]:
        """Of the imported models; none where there is no folder."""
        return sorted(self.folder.glob("*.toml")) if self.folder is not None else []


def model_hashes(config: DeviceConfig) -> dict[str, str]:
    """sha256 of each model that the configuration uses, by name; of a model that is not there, nothing."""
    if not config.cameras:
        return {}
    registry, hashes = Registry(config.vision.models_folder), {}
    for _, name, task in _used(config):
        with suppress(BadModel):
            model = registry.find(name, task)
            hashes[model.name] = model.entry.sha256
    return hashes


def model_problems(config: DeviceConfig) -> list[str]:
    """Settings that name a model which is not there, or is for something else, one line each."""
    if not config.cameras:
        return []
    registry, problems = Registry(config.vision.models_folder), []
    for setting, name, task in _used(config):
        try:
            model = registry.find(name, task)
        except BadModel as error:
            problems.append(f"{setting}: {error}")
            continue
        if model.size is None:
            problems.append(f"{setting}: {model.path}: is missing")
    return problems


def used_names(config: DeviceConfig) -> set[str]:
    """Names of the models that the configuration uses."""
    return {ALIASES.get(name, name) for _, name, _ in _used(config)}


def _used(config: DeviceConfig) -> Iterator[tuple[str, str, Task]]:
    """Setting, name and task of each model that the configuration uses."""
    yield "vision.persons_model", config.vision.persons_model, "persons"
    if config.emotion.enabled or config.demographics.enabled:
        yield "emotion.faces_model", config.emotion.faces_model, "faces"
    if config.emotion.enabled:
        yield "emotion.model", config.emotion.model, "emotion"
    if config.demographics.enabled:
        yield "demographics.model", config.demographics.model, "demographics"


def read_file(path: Path, most: int) -> bytes:
    """The bytes of a model file, of which there are at most `most`."""
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise BadModel(f"{path}: is missing") from None
    except OSError as error:
        raise BadModel(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) > most:
        raise BadModel(f"{path}: should be at most {most:,} bytes")
    return data


def sha256(data: bytes) -> str:
    """As `sha256sum` prints it."""
    return hashlib.sha256(data).hexdigest()


def _entry_of(path: Path) -> ModelEntry:
    """The one model that a file beside an imported model describes."""
    try:
        entries = read_manifest(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadModel(f"{path}: cannot be read: {error}") from error
    except BadConfig as error:
        raise BadModel(f"{path}: {error.problems[0]}") from error
    if list(entries) != [path.stem]:
        raise BadModel(f"{path}: should describe the one model {path.stem}")
    return entries[path.stem]
