"""A serial line that flips, drops and doubles bytes, reproducibly."""

import random
from dataclasses import dataclass, field


@dataclass
class Noise:
    """What happens to bytes on the way; the shares are chances of each single byte."""

    flipped: float = 0.0
    dropped: float = 0.0
    doubled: float = 0.0
    seed: int = 1
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def __call__(self, data: bytes) -> bytes:
        """What arrives of `data`."""
        arrived = bytearray()
        for byte in data:
            luck = self.chance.random()
            if luck < self.dropped:
                continue
            if luck < self.dropped + self.flipped:
                byte ^= 1 << self.chance.randrange(8)
            arrived.append(byte)
            if self.chance.random() < self.doubled:
                arrived.append(byte)
        return bytes(arrived)


QUIET = Noise()
