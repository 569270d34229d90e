"""A network that may be run: its file was checked, it takes and gives what it should, and it ran once."""

import os
import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ..errors import BadModel
from .onnx_file import check_onnx_file

Array: TypeAlias = npt.NDArray[Any]

MEMORY_BYTES = 1 << 30
"""A network that needs more address space than this to load and to run once is refused."""
TYPES = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int64)": "int64"}


@dataclass(frozen=True)
class Tensor:
    """An input or output: element type, and shape with 0 where any size will do."""

    name: str
    """"" where any name will do."""
    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        sizes = ",".join(str(size) if size else "?" for size in self.shape)
        return f"{self.dtype} [{sizes}]"

    def takes(self, other: "Tensor") -> bool:
        """Whether the other's type and sizes fit this one's."""
        return (
            self.dtype == other.dtype
            and len(self.shape) == len(other.shape)
            and all(mine in (0, theirs) for mine, theirs in zip(self.shape, other.shape, strict=True))
        )


@dataclass(frozen=True)
class Contract:
    """What a network must take and give."""

    input: Tensor
    trial: tuple[int, ...]
    """Shape of the zeros that it is run with once."""
    outputs: tuple[Tensor, ...]
    """Of that trial."""


class OnnxModel:
    """One network on one thread of the CPU."""

    def __init__(self, data: bytes, name: str, contract: Contract) -> None:
        """BadModel, in one line, for whatever is wrong with the file or does not fit the contract."""
        self.name = name
        try:
            check_onnx_file(data)
            with _limited_memory():
                self._session = _session(data)
                self._input = self._checked_input(contract)
                self._outputs = self._chosen_outputs(contract)
                self._try(contract)
        except BadModel as error:
            raise BadModel(f"model {name}: {error}") from error

    def run(self, feed: Array) -> list[Array]:
        """The outputs of the contract, in its order."""
        outputs: list[Array] = self._session.run(self._outputs, {self._input: feed})
        return outputs

    def _checked_input(self, contract: Contract) -> str:
        """The name of the network's only input."""
        declared = [_tensor(each) for each in self._session.get_inputs()]
        if len(declared) != 1:
            raise BadModel(f"has {len(declared)} inputs, should have one")
        given, wanted = declared[0], contract.input
        if wanted.name not in ("", given.name):
            raise BadModel(f"its input is {given.name!r}, should be {wanted.name!r}")
        if not (given.takes(Tensor("", wanted.dtype, contract.trial)) and _as_open(given, wanted)):
            raise BadModel(f"input {given.name!r} is {given}, should be {wanted}")
        return given.name

    def _chosen_outputs(self, contract: Contract) -> list[str]:
        """Names of the outputs that are asked for; nameless ones are the first."""
        names = [each.name for each in self._session.get_outputs()]
        if len(names) < len(contract.outputs):
            raise BadModel(f"has {len(names)} outputs, should have {len(contract.outputs)}")
        chosen = [wanted.name or name for wanted, name in zip(contract.outputs, names, strict=False)]
        if missing := [name for name in chosen if name not in names]:
            raise BadModel(f"output {missing[0]!r} is missing, there are {', '.join(names[:12])}")
        return chosen

    def _try(self, contract: Contract) -> None:
        """Run it on zeros: what it declares is one thing, what it gives another."""
        try:
            outputs = self.run(np.zeros(contract.trial, contract.input.dtype))
        except Exception as error:
            raise BadModel(f"cannot be run: {_first_line(error)}") from error
        for name, wanted, output in zip(self._outputs, contract.outputs, outputs, strict=True):
            given = Tensor(name, str(output.dtype), output.shape)
            if not wanted.takes(given):
                raise BadModel(f"output {name!r} is {given}, should be {wanted}")
            if not np.isfinite(output).all():
                raise BadModel(f"output {name!r} has values that are no numbers")


def declared_input(data: bytes) -> Tensor:
    """The input that a network declares, 0 for sizes that it leaves open."""
    check_onnx_file(data)
    with _limited_memory():
        inputs: Sequence[Any] = _session(data).get_inputs()
    if len(inputs) != 1:
        raise BadModel(f"has {len(inputs)} inputs, should have one")
    return _tensor(inputs[0])


def silent_runtime() -> Any:
    """onnxruntime, which otherwise tells its maker what it runs, from a thread and a file of its own.

    Only the variable stops all of it, and only before the first import: so there is no other import of it.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return onnxruntime


def _session(data: bytes) -> Any:
    ort = silent_runtime()
    options = ort.SessionOptions()
    options.log_severity_level = 4  # what fails is raised; nothing else is worth a line
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.enable_cpu_mem_arena = False  # an arena keeps the largest run's memory for ever
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        # with its fallback it would print, and try the same again
        return ort.InferenceSession(data, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except Exception as error:
        raise BadModel(f"cannot be loaded: {_first_line(error)}") from error


def _tensor(declared: Any) -> Tensor:
    shape = tuple(size if isinstance(size, int) else 0 for size in declared.shape)
    return Tensor(declared.name, TYPES.get(declared.type, declared.type), shape)


def _as_open(given: Tensor, wanted: Tensor) -> bool:
    """Whether every size that should be open is open."""
    return not any(size and not asked for size, asked in zip(given.shape, wanted.shape, strict=True))


def _first_line(error: Exception) -> str:
    """Of what the runtime says, without its prefix `[ONNXRuntimeError] : 1 : FAIL : `."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text.split(" : ", 3)[-1][:200] if text.startswith("[ONNXRuntimeError]") else text[:200]


@contextmanager
def _limited_memory() -> Iterator[None]:
    """A huge allocation fails here as an error instead of taking the machine's memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _address_space() + MEMORY_BYTES
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _address_space() -> int:
    """Bytes that this process has reserved, used or not."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()
