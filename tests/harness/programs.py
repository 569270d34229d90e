"""Programs that the playbooks put on machines, as modules to look into."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any


def loaded(file: Path) -> Any:
    """The program's functions; its main part does not run."""
    loader = SourceFileLoader(file.name.replace("-", "_"), str(file))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module
