"""The vision models that come with the product or that a site brought in, and the hashes of their files."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, field_validator

from .configuration import Settings, read_settings
from .errors import BadConfig

Task: TypeAlias = Literal["persons", "faces", "emotion", "demographics"]
Decoder: TypeAlias = Literal[
    "tillsight", "yunet", "yolox", "ultraface", "hsemotion", "deepface", "mini_xception"
]
Share = Annotated[float, Field(ge=0, le=1)]

SHIPPED_BYTES = 2_000_000
"""No file that comes with the product is larger."""
LARGEST_BYTES = 64_000_000
"""No file that a site brings in is larger."""


class ModelEntry(Settings):
    """One model, as a manifest describes it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    """In the file it is the name of the table."""
    file: Annotated[str, Field(pattern=r"^([A-Za-z0-9_-]+/)?[A-Za-z0-9_-][A-Za-z0-9._-]*\.onnx$")]
    """Beside the manifest, or in a folder there."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    task: Task
    decoder: Decoder = "tillsight"
    """How pictures become its input and its output becomes boxes or probabilities."""
    input: Annotated[tuple[Annotated[int, Field(ge=0, le=8192)], ...], Field(min_length=2, max_length=4)]
    """Shape; 0 where any size will do."""
    layout: str = ""
    """What the input's axes and values are, for people."""
    classes: Annotated[tuple[str, ...], Field(min_length=1, max_length=100)]
    """In the order of the output."""
    genders: tuple[str, ...] = ()
    """Of a model that tells gender: in the order of that output."""
    threshold: Share = 0.5
    """Scores, or confidence, from here on count."""
    thresholds: dict[str, Share] = Field(default_factory=dict)
    """Where a class has one of its own."""
    licence: str
    data: str = ""
    """What it was trained on, in short; its card says more."""
    source: str
    """Where it comes from."""

    @field_validator("thresholds")
    @classmethod
    def _of_classes(cls, thresholds: dict[str, float], others: Any) -> dict[str, float]:
        if strangers := thresholds.keys() - set(others.data.get("classes", thresholds)):
            raise ValueError(f"should name classes, not {', '.join(sorted(strangers))}")
        return thresholds

    def threshold_of(self, name: str) -> float:
        """From which score on a class counts."""
        return self.thresholds.get(name, self.threshold)


def read_manifest(text: str) -> dict[str, ModelEntry]:
    """The models of a manifest by name; BadConfig has one line a problem: `persons.sha256: ...`."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig([f"not TOML: {error}"]) from error
    entries, problems = {}, []
    for name, values in tables.items():
        if not isinstance(values, dict):
            problems.append(f"{name}: should be a table")
            continue
        try:
            entries[name] = read_settings({**values, "name": name}, ModelEntry)
        except BadConfig as error:
            problems += [f"{name}.{problem}" for problem in error.problems]
    if problems:
        raise BadConfig(problems)
    return entries


def shipped_folder() -> Path:
    """Where the shipped manifest, its files and the model cards lie."""
    return Path(str(files(__package__)))


def shipped() -> dict[str, ModelEntry]:
    """The models that come with the product, by name."""
    return read_manifest((shipped_folder() / "manifest.toml").read_text(encoding="utf-8"))


def as_toml(entry: ModelEntry) -> str:
    """The entry as a manifest has it: one table."""
    values = entry.model_dump(exclude={"name"}, exclude_defaults=True)
    return "\n".join([f"[{entry.name}]", *(f"{key} = {_toml(value)}" for key, value in values.items()), ""])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(key)} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(inner) for inner in value) + "]"
    if isinstance(value, str):
        return '"' + "".join(_escaped(character) for character in value) + '"'
    return repr(value)


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"
