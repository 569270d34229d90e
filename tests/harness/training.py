"""Modules of models/training that need no torch: scripts beside the package, imported by their place."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[2] / "models" / "training"


def training_module(name: str) -> ModuleType:
    """The module of that name in models/training."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return importlib.import_module(name)
