"""Whether a model can be used: it is loaded and run once, a new one in a process of its own.

A broken network may take its process along, so importing runs this module as a program with FILE NAME KIND:
the table for the manifest comes out on stdout, or one line on stderr that says what is wrong.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

from tillsight_models.configuration import read_settings
from tillsight_models.errors import TillsightError
from tillsight_models.manifest import LARGEST_BYTES, ModelEntry, as_toml, shipped

from ..errors import BadModel
from ..faces.demographics import NetworkDemographics
from .detector import BoxNetwork
from .emotion_models import open_emotion_model
from .onnx_model import declared_input
from .registry import Model, read_file, sha256
from .upstream.known import KNOWN

PATIENCE_S = 120


def open_model(model: Model) -> object:
    """Load the model and run it once, whatever its task; BadModel where it cannot be used."""
    if model.entry.task == "emotion":
        return open_emotion_model(model)
    if model.entry.task == "demographics":
        return NetworkDemographics(model)
    network = BoxNetwork(model)
    wanted = "face" if model.entry.task == "faces" else "person"
    if wanted not in network.classes:
        raise BadModel(f"model {model.name}: finds no {wanted}")
    return network


def described(file: Path, name: str, kind: str) -> ModelEntry:
    """The entry of a file of a known kind, after a trial; the shape of its input is the file's own."""
    data = read_file(file, LARGEST_BYTES)
    try:
        shape = declared_input(data).shape
    except BadModel as error:
        raise BadModel(f"model {name}: {error}") from error
    values = {"name": name, "file": file.name, "sha256": sha256(data), "input": shape}
    entry = read_settings({**values, **_of_kind(kind)}, ModelEntry)
    open_model(Model(entry, file.parent, shipped=False))
    return entry


def try_apart(file: Path, name: str, kind: str) -> str:
    """The manifest's table of a file that passed its trial in another process; BadModel where it did not."""
    words = [sys.executable, "-m", __spec__.name, str(file), name, kind]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        raise BadModel(f"model {name}: its trial did not end within {PATIENCE_S} s") from None
    if done.returncode == 0:
        return done.stdout
    if done.returncode < 0:
        raise BadModel(f"model {name}: its trial was ended by signal {-done.returncode}")
    raise BadModel(done.stderr.strip().rpartition("\n")[2] or f"model {name}: its trial failed")


def kinds() -> list[str]:
    """What a file can be imported as."""
    return [*shipped(), *KNOWN]


def _of_kind(kind: str) -> dict[str, Any]:
    """The fields of the entry that are the same for every file of a kind."""
    if known := KNOWN.get(kind):
        names = ("task", "decoder", "classes", "threshold", "licence", "data", "source")
        return {name: getattr(known, name) for name in names}
    names = ("task", "decoder", "layout", "classes", "genders", "threshold", "thresholds")
    like = shipped()[kind].model_dump(include=set(names))
    return {**like, "licence": "not stated", "source": "brought in by the site"}


def main(words: list[str]) -> int:
    """The process of `try_apart`."""
    file, name, kind = words
    try:
        sys.stdout.write(as_toml(described(Path(file), name, kind)))
    except TillsightError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
