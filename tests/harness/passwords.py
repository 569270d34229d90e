"""Passwords that are hashed at once: the hub itself takes a fifth of a second for one, to be safe."""

from functools import cache

import pytest
from argon2 import PasswordHasher

from tillsight_hub.access import passwords


def hash_quickly(patch: pytest.MonkeyPatch) -> None:
    """The same hashes with the least work that argon2id takes; tests of passwords do without it."""
    patch.setattr(passwords, "_hasher", cache(_least_work))
    passwords._hash_of_nobody.cache_clear()


def _least_work() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
