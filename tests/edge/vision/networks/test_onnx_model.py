"""Networks that must not be run: each is refused in one line, and none takes the process or the memory."""

import ast
import os
import random
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.harness.networks import (
    boxes_model,
    boxes_network,
    demographics_network,
    emotion_network,
    hungry_network,
    model_in,
)

from tillsight_edge.vision.errors import BadModel
from tillsight_edge.vision.faces.emotion import NetworkEmotion
from tillsight_edge.vision.networks.onnx_model import Contract, OnnxModel, Tensor
from tillsight_edge.vision.networks.trial import open_model

FACES = Contract(
    Tensor("faces", "uint8", (0, 48, 48)), (2, 48, 48), (Tensor("probabilities", "float32", (2, 8)),)
)


def refused(data: bytes, contract: Contract = FACES) -> str:
    """What is said of a network, in one line that names it."""
    with pytest.raises(BadModel) as caught:
        OnnxModel(data, "made", contract)
    text = str(caught.value)
    assert text.startswith("model made: ")
    assert "\n" not in text
    return text.removeprefix("model made: ")


def without_softmax_name() -> bytes:
    model = onnx.load_from_string(emotion_network())
    model.graph.output[0].name = model.graph.node[-1].output[0] = "shares"
    return bytes(model.SerializeToString())


def with_infinite_weights() -> bytes:
    model = onnx.load_from_string(emotion_network())
    weights = np.full((48 * 48, 8), np.inf, np.float32)
    model.graph.initializer[1].CopyFrom(onnx.numpy_helper.from_array(weights, "c1"))
    return bytes(model.SerializeToString())


def test_a_network_that_keeps_its_contract_is_run() -> None:
    network = OnnxModel(emotion_network(), "made", FACES)
    (probabilities,) = network.run(np.zeros((3, 48, 48), np.uint8))
    assert probabilities.shape == (3, 8)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an ONNX network: it has no graph"),
        (b"\x89PNG\r\n\x1a\n", "not an ONNX network: "),
        (emotion_network()[:5000], "not an ONNX network: it ends in the middle of a field"),
        (emotion_network(side=64), "input 'faces' is uint8 [?,64,64], should be uint8 [?,48,48]"),
        (emotion_network(classes=7), "output 'probabilities' is float32 [2,7], should be float32 [2,8]"),
        (demographics_network(48), "input 'faces' is uint8 [?,48,48,3], should be uint8 [?,48,48]"),
        (boxes_network(), "its input is 'image', should be 'faces'"),
        (without_softmax_name(), "output 'probabilities' is missing, there are shares"),
        (with_infinite_weights(), "output 'probabilities' has values that are no numbers"),
    ],
)
def test_another_network_is_refused(data: bytes, words: str) -> None:
    assert refused(data).startswith(words)


def test_a_size_that_should_be_open_and_is_not_is_refused() -> None:
    model = onnx.load_from_string(emotion_network())
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 2
    assert refused(model.SerializeToString()) == "input 'faces' is uint8 [2,48,48], should be uint8 [?,48,48]"


@pytest.mark.parametrize("values", [300_000_000, 25_000_000_000, 1 << 60])
def test_a_network_that_wants_all_the_memory_is_refused_without_getting_it(values: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    limits = resource.getrlimit(resource.RLIMIT_AS)
    assert refused(hungry_network(values)).startswith(("cannot be run: ", "cannot be loaded: "))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB
    assert resource.getrlimit(resource.RLIMIT_AS) == limits


def test_a_network_that_does_not_fit_together_is_refused() -> None:
    model = onnx.load_from_string(emotion_network())
    model.graph.node[1].op_type = "NoSuchThing"
    assert refused(model.SerializeToString()).startswith(
        "cannot be loaded: This is an invalid model. In Node"
    )


def test_damaged_files_are_refused_or_run_but_never_crash(capfd: pytest.CaptureFixture[str]) -> None:
    rng = random.Random(11)
    whole = emotion_network(classes=8)
    refusals = 0
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):  # before and after the weights, where the structure is
            at = rng.randrange(300)
            data[at if rng.random() < 0.5 else len(data) - 1 - at] = rng.randrange(256)
        try:
            OnnxModel(bytes(data), "made", FACES)
        except BadModel as error:
            refusals += 1
            assert "\n" not in str(error)
    assert refusals > 10
    assert capfd.readouterr() == ("", "")


def test_the_file_is_hashed_before_a_runtime_sees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_in(tmp_path, emotion_network())
    model.path.write_bytes(emotion_network()[:-1] + b"!")
    monkeypatch.setattr("onnxruntime.InferenceSession", None)
    with pytest.raises(
        BadModel, match=rf"^{model.path}: sha256 is [0-9a-f]{{64}}, should be {model.entry.sha256}$"
    ):
        NetworkEmotion(model)


def test_a_detector_without_persons_is_no_detector_of_persons(tmp_path: Path) -> None:
    one_class = boxes_model(tmp_path, boxes_network(classes=1), classes=["face"])
    with pytest.raises(BadModel, match=r"^model made: finds no person$"):
        open_model(one_class)


def test_an_entry_that_does_not_fit_its_file_is_refused(tmp_path: Path) -> None:
    wrong_size = boxes_model(tmp_path, boxes_network(), input=[1, 320, 320, 3])
    with pytest.raises(
        BadModel, match=r"^model made: input 'image' is uint8 \[1,256,320,3\], should be uint8 \[1,320"
    ):
        open_model(wrong_size)
    flat = boxes_model(tmp_path, boxes_network(), input=[1, 320])
    with pytest.raises(BadModel, match=r"^model made: input \[1, 320\] should have four sizes$"):
        open_model(flat)


RUN_ONE = """
import sys
from pathlib import Path
import numpy as np
from tillsight_edge.vision.networks.onnx_model import Contract, OnnxModel, Tensor

contract = Contract(Tensor("faces", "uint8", (0, 48, 48)), (2, 48, 48), (Tensor("", "float32", (2, 8)),))
OnnxModel(Path(sys.argv[1]).read_bytes(), "made", contract).run(np.zeros((1, 48, 48), np.uint8))
print(open("/proc/self/status").read().count("Threads:\\t1\\n"), len(list(Path("/proc/self/task").iterdir())))
"""


def test_the_runtime_keeps_no_books_about_us_and_tells_nobody(tmp_path: Path) -> None:
    """Since 1.29 it does both by default: an id and a database in the home folder, sent from a thread."""
    (tmp_path / "made.onnx").write_bytes(emotion_network())
    home = tmp_path / "home"
    silencing = ("ORT_", "CI", "GITHUB_", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(silencing)}
    done = subprocess.run(
        [sys.executable, "-c", RUN_ONE, tmp_path / "made.onnx"],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, "HOME": str(home), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert not home.exists()
    assert done.stdout.split() == ["1", "1"], "one thread: nobody sends in the background"


def test_nobody_else_loads_the_runtime() -> None:
    root = Path(__file__).parents[4]
    loaders = []
    for path in sorted((root / "edge").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            loaders += [path.name for name in names if name.partition(".")[0] == "onnxruntime"]
    assert loaders == ["onnx_model.py"]
