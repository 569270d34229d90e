"""The manifest: read strictly, and true of what is shipped."""

import hashlib

import pytest

from tillsight_models.errors import BadConfig
from tillsight_models.manifest import SHIPPED_BYTES, as_toml, read_manifest, shipped, shipped_folder

GOOD = """
[persons]
file = "weights/persons.onnx"
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
task = "persons"
input = [1, 256, 320, 3]
classes = ["person", "face"]
threshold = 0.4
thresholds = { face = 0.6 }
licence = "Apache-2.0"
source = "made here"
"""


def test_a_manifest_is_read() -> None:
    entry = read_manifest(GOOD)["persons"]
    assert (entry.name, entry.input, entry.decoder) == ("persons", (1, 256, 320, 3), "tillsight")
    assert (entry.threshold_of("person"), entry.threshold_of("face")) == (0.4, 0.6)


def test_an_entry_comes_back_as_it_was_written() -> None:
    entry = read_manifest(GOOD)["persons"]
    odd = entry.model_copy(
        update={"source": 'a "quoted" \\ path,\na second line and \x7f', "genders": ("m", "f")}
    )
    assert read_manifest(as_toml(odd)) == {"persons": odd}


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("0123456789abcdef", "0123456789ABCDEF", "persons.sha256: '"),
        ('"weights/persons.onnx"', '"../persons.onnx"', "persons.file: '../persons.onnx': "),
        ('"weights/persons.onnx"', '"/etc/persons.onnx"', "persons.file: "),
        ('task = "persons"', 'task = "names"', "persons.task: 'names': "),
        ("threshold = 0.4", "threshold = 4", "persons.threshold: 4: "),
        ("face = 0.6", "dog = 0.6", "persons.thresholds: {'dog': 0.6}: should name classes, not dog"),
        ("[1, 256, 320, 3]", "[1, 99999, 320, 3]", "persons.input.1: 99999: "),
        ("licence", "license", "persons.licence: is missing"),
        ("[persons]", "[Persons]", "Persons.name: 'Persons': "),
        ("[persons]", "persons = 3\n[other]", "persons: should be a table"),
        ("[persons]", "[persons", "not TOML: "),
    ],
)
def test_a_wrong_manifest_is_told_in_one_line_a_problem(before: str, after: str, problem: str) -> None:
    assert before in GOOD
    with pytest.raises(BadConfig) as caught:
        read_manifest(GOOD.replace(before, after))
    assert caught.value.problems[0].startswith(problem)
    assert all("\n" not in line for line in caught.value.problems)


def test_what_is_shipped_is_what_the_manifest_says_and_small() -> None:
    for entry in shipped().values():
        data = (shipped_folder() / entry.file).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry.sha256, entry.name
        assert len(data) <= SHIPPED_BYTES, entry.name
        assert (shipped_folder() / "cards" / f"{entry.name}.md").is_file(), entry.name
        assert entry.licence
        assert entry.data


def test_every_shipped_network_is_in_the_manifest() -> None:
    named = {entry.file for entry in shipped().values()}
    assert {f"weights/{path.name}" for path in (shipped_folder() / "weights").glob("*")} == named
