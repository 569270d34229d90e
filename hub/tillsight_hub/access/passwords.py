"""Passwords: argon2id hashes, and the same work for a name that does not exist."""

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tillsight_models.problems import Problem

from .errors import BadAccount, TooManyAttempts

MIN_LENGTH = 10
MAX_LENGTH = 200

_PATIENCE_S = 5
_at_work = threading.BoundedSemaphore(4)
"""Each check takes 64 MiB: a flood of logins must not take all memory."""

# Letters and digits that nobody mistakes for each other when they copy a printed password.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def hash_password(password: str) -> str:
    """The argon2id hash of a password that is long enough; BadAccount says what is wrong with it."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        has = len(password)
        line = f"password of {has} characters: expected {MIN_LENGTH} to {MAX_LENGTH} of them"
        raise BadAccount(Problem(line, "password_length", has=has, least=MIN_LENGTH, most=MAX_LENGTH))
    return _hasher().hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether the password belongs to the stored hash; None, for no such user, is False in the same time."""
    if len(password) > MAX_LENGTH:
        password, stored = "", None
    if not _at_work.acquire(timeout=_PATIENCE_S):
        raise TooManyAttempts(_PATIENCE_S)
    try:
        matches = _hasher().verify(stored or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _at_work.release()
    return matches and stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher().check_needs_rehash(stored)


def new_password() -> str:
    """A random password of 80 bits in four groups, easy to read out and to type."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _hash_of_nobody() -> str:
    return _hasher().hash(secrets.token_urlsafe())


def warm_up() -> None:
    """Do once what would otherwise make the first login for an unknown name slower than all others."""
    _hash_of_nobody()
