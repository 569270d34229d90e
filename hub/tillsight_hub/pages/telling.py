"""What was refused, in the language of the page: by its key, or known again by the contract's own words."""

from collections.abc import Iterable

from fastapi import HTTPException

from tillsight_models.problems import Problem, recognised

from .texts import Texts

SHORT = 80
"""Characters of a value that somebody typed."""


def tell(t: Texts, told: str | Exception) -> str:
    """A refusal as the page says it, with the part that it is about before it.

    What came as plain text, say from a device, is known again where the contract has it; else it stays as it
    came.
    """
    problem = known(told)
    if problem is None:
        return str(told)
    words = say(t, problem)
    return f"{problem.where}: {words}" if problem.where else words


def say(t: Texts, problem: Problem) -> str:
    """The same without the part that it is about, as beside a field."""
    if not t.has(f"problem.{problem.key}"):
        return str(problem)
    return t(f"problem.{problem.key}", **{name: _value(t, each) for name, each in problem.values.items()})


def tell_all(t: Texts, told: Iterable[str]) -> str:
    """Several, in one line."""
    return "; ".join(tell(t, each) for each in told)


def known(told: str | Exception) -> Problem | None:
    """The problem with its key; None where there are no other words for it."""
    found = told if isinstance(told, str) else getattr(told, "detail", None) or next(iter(told.args), "")
    if isinstance(found, Problem):
        return found
    return recognised(str(found))


def wrong_choice(name: str, given: object, known: Iterable[str]) -> HTTPException:
    """422 for a button or a choice that there is not."""
    typed, choices = str(given)[:40], ", ".join(known)
    line = f"{name} {typed!r}: expected one of {choices}"
    return HTTPException(422, Problem(line, "one_of", name, given=typed, known=choices))


def _value(t: Texts, value: object) -> object:
    if isinstance(value, Problem):
        return tell(t, value)
    if not isinstance(value, str):
        return value
    inner = recognised(value)
    return tell(t, inner) if inner is not None else value[:SHORT]
