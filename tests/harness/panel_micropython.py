"""The real MicroPython runtime: its WebAssembly port under Node, fetched once into .cache."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.harness.npm import npm_package
from tests.harness.processes import find_program

PACKAGE = "@micropython/micropython-webassembly-pyscript"
VERSION = "1.28.0-6"
ROOT = Path(__file__).parents[2]
HARNESS = ROOT / "tests" / "harness"


class MicroPython:
    """Runs Python files as an RP2040 would, with `tillsight_panel` importable and 192 kB of heap."""

    def __init__(self) -> None:
        self.node = find_program("node", "nodejs")
        self.package = npm_package(PACKAGE, VERSION)

    def argv(self, folder: Path, program: Path, *words: str) -> list[str]:
        """The command line that runs `program` with what lies in `folder`."""
        runner = HARNESS / "panel_micropython.mjs"
        return [str(self.node), str(runner), str(self.package), str(folder), str(program), *words]

    def run(self, program: Path, given: str = "", modules: tuple[Path, ...] = ()) -> str:
        """What `program` prints; it finds `given` in INPUT, and `modules` can be imported too."""
        with tempfile.TemporaryDirectory() as folder:
            lay_out(Path(folder), *modules)
            done = subprocess.run(
                self.argv(Path(folder), program),
                input=given,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        if done.returncode:
            raise AssertionError(f"{program.name} in MicroPython:\n{done.stderr[-3000:]}")
        return done.stdout


def lay_out(folder: Path, *modules: Path) -> None:
    """Copy the panel's package and `modules` to a folder as they would lie on the device."""
    shutil.copytree(ROOT / "firmware" / "tillsight_panel", folder / "tillsight_panel")
    for module in modules:
        shutil.copy(module, folder)
