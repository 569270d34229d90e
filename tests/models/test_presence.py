"""What players of signs are told, and that it can be about nobody."""

import pytest

from tillsight_models.errors import BadEvent
from tillsight_models.presence import PresenceTold, decode_presence, encode_presence


def test_it_is_true_or_false_a_time_and_the_number_of_a_picture() -> None:
    told = PresenceTold(present=True, t=1_790_000_000_000, picture=2)
    assert encode_presence(told) == b'{"present":true,"t":1790000000000,"picture":2}'
    assert decode_presence(encode_presence(told)) == told


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b'{"present":2,"t":1}',
        b'{"present":true,"t":1,"picture":3}',
        b'{"present":true,"t":1,"age":30}',
    ],
)
def test_anything_more_is_refused(raw: bytes) -> None:
    with pytest.raises(BadEvent, match="presence"):
        decode_presence(raw)
