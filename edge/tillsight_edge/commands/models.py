"""`tillsight-edge models`: which vision models there are, whether they are good, and more of them."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tillsight_models.errors import BadConfig

from ..camera_config import VisionSettings
from ..config import SYSTEM_CONFIG, load_config
from ..opencv_wheels import one_opencv
from . import FAILED, Commands, new_command

COLUMNS = ("name", "task", "file", "size", "from", "licence", "source")


def add(commands: Commands) -> None:
    """The command's arguments."""
    parser = new_command(commands, "models", "vision models: list, verify, bench, import", run)
    add_folder(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what there is, what it is for, and under which licence")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    actions.add_parser("verify", help="hashes, and a trial run of each; exit code 1 when one is bad")
    bench = actions.add_parser(
        "bench", help="how fast each is on one thread, beside deepface where it is installed"
    )
    bench.add_argument(
        "--data", type=Path, metavar="FILE", help="npz with images and ferplus_majority: how right, too"
    )
    bench.add_argument(
        "--runs", type=int, default=50, metavar="N", help="of each; the fastest counts (default 50)"
    )
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    importing = actions.add_parser("import", help="bring in a model of others, or of your own")
    importing.add_argument(
        "name", metavar="NAME", help="yunet, ultraface, yolox-nano, hsemotion, deepface-emotion, ..."
    )
    importing.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="default: fetched from its authors"
    )
    importing.add_argument(
        "--as", dest="kind", metavar="KIND", help="what it is like, when NAME does not say so"
    )
    importing.add_argument("--sha256", metavar="HEX", help="of the file that you mean")


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Where imported models are."""
    help = "of imported models; default: vision.models_folder of the configuration"
    parser.add_argument("--folder", type=Path, metavar="DIR", help=help)


def models_folder(arguments: argparse.Namespace) -> Path:
    """What was asked for, or is configured; a machine without a configuration has the default."""
    folder: Path | None = arguments.folder
    if folder is not None:
        return folder
    config: Path = arguments.config
    if config == SYSTEM_CONFIG and not config.exists():
        return VisionSettings().models_folder
    return load_config(config).vision.models_folder


def run(arguments: argparse.Namespace) -> int:
    """Carry out one of the actions."""
    actions: dict[str, Callable[[argparse.Namespace], int]] = {
        "list": _list,
        "verify": _verify,
        "bench": _bench,
        "import": _import,
    }
    return actions[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    from ..vision.networks.registry import Model, Registry

    def row(model: Model) -> dict[str, Any]:
        entry, size = model.entry, model.size
        origin = "product" if model.shipped else "import"
        values = (entry.name, entry.task, str(model.path), size, origin, entry.licence, entry.source)
        return dict(zip(COLUMNS, values, strict=True)) | {"sha256": entry.sha256}

    registry = Registry(models_folder(arguments))
    rows = [row(model) for model in registry.models().values()]
    for problem in registry.broken().values():
        print(f"tillsight-edge: {problem}", file=sys.stderr)
    if arguments.json:
        print(json.dumps({row["name"]: row for row in rows}, indent=1))
    else:
        print(table(COLUMNS, [[_short(name, row[name]) for name in COLUMNS] for row in rows]))
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from ..vision.errors import BadModel
    from ..vision.networks.registry import Registry
    from ..vision.networks.trial import open_model

    registry = Registry(models_folder(arguments))
    bad = len(broken := registry.broken())
    for name, problem in broken.items():
        print(f"{name}: BAD: {problem}")
    for model in registry.models().values():
        try:
            open_model(model)
            print(f"{model.name}: good")
        except BadModel as error:
            bad += 1
            print(f"{model.name}: BAD: {error}")
    if wheels := one_opencv():
        bad += 1
        print(wheels)
    return FAILED if bad else 0


def _bench(arguments: argparse.Namespace) -> int:
    from ..vision.networks.model_bench import bench
    from ..vision.networks.registry import Registry

    if arguments.runs < 1:
        raise BadConfig([f"--runs: {arguments.runs}: should be 1 or more"])
    rows = bench(Registry(models_folder(arguments)), arguments.runs, arguments.data)
    if arguments.json:
        print(json.dumps(rows, indent=1))
    else:
        columns = list(dict.fromkeys(name for row in rows for name in row))
        print(table(columns, [[_words(row.get(name)) for name in columns] for row in rows]))
    return 0


def _import(arguments: argparse.Namespace) -> int:
    from ..vision.networks.importing import import_model

    folder = models_folder(arguments)
    model = import_model(folder, arguments.name, arguments.file, arguments.kind, arguments.sha256)
    print(f"{model.name}: {model.path}, for {model.entry.task}, licence: {model.entry.licence}")
    print(f"sha256 {model.entry.sha256}")
    return 0


def table(columns: list[str] | tuple[str, ...], rows: list[list[str]]) -> str:
    """Text in columns as wide as their widest word."""
    lines = [list(columns), *rows]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    padded = (
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines
    )
    return "\n".join(line.rstrip() for line in padded)


def _short(column: str, value: object) -> str:
    """As the table has it: the file without its folder, the licence without its conditions."""
    if column == "file":
        return Path(str(value)).name
    return str(value).partition(";")[0] if column == "licence" else _words(value)


def _words(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}" if value < 10 else f"{value:.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
