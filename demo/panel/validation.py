"""Rules of request bodies, with the texts and names the panel gives them (contract: README.md)."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from demo.panel.refusal import Invalid

Rule = Callable[[str, object], tuple[str, str] | None]
"""Takes the field's words and its value; what is broken as (rule, text), or None."""

MISSING: Final = object()
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#]+\S*", re.IGNORECASE)


def checked(body: Mapping[str, object], rules: Mapping[str, tuple[Rule, ...]]) -> None:
    """Hold a body against rules; the first broken rule of each field is told.

    Raises:
        Invalid: At least one rule is broken.
    """
    if broken := broken_rules(body, rules):
        raise Invalid(broken)


def broken_rules(
    body: Mapping[str, object], rules: Mapping[str, tuple[Rule, ...]]
) -> list[tuple[str, str, str]]:
    """What is broken, as (field, rule, text)."""
    broken = []
    for field, tests in rules.items():
        value = body.get(field, MISSING)
        if (found := _first_broken(field.replace("_", " "), value, tests)) is not None:
            broken.append((field, *found))
    return broken


def _first_broken(words: str, value: object, tests: tuple[Rule, ...]) -> tuple[str, str] | None:
    for test in tests:
        if (value is None or value is MISSING) and test not in (required, present):
            continue
        if (found := test(words, value)) is not None:
            return found
    return None


def required(words: str, value: object) -> tuple[str, str] | None:
    if value is MISSING or value is None or value == "" or value in ([], {}):
        return "required", f"The {words} field is required."
    return None


def present(words: str, value: object) -> tuple[str, str] | None:
    return ("present", f"The {words} field must be present.") if value is MISSING else None


def string(words: str, value: object) -> tuple[str, str] | None:
    return None if isinstance(value, str) else ("string", f"The {words} must be a string.")


def array(words: str, value: object) -> tuple[str, str] | None:
    is_array = isinstance(value, list | dict)
    return None if is_array else ("array", f"The {words} must be an array.")


def boolean(words: str, value: object) -> tuple[str, str] | None:
    is_boolean = value in (True, False, 0, 1, "0", "1")
    return None if is_boolean else ("boolean", f"The {words} field must be true or false.")


def numeric(words: str, value: object) -> tuple[str, str] | None:
    if isinstance(value, bool) or not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        return "numeric", f"The {words} must be a number."
    return None


def email(words: str, value: object) -> tuple[str, str] | None:
    if isinstance(value, str) and _EMAIL.fullmatch(value):
        return None
    return "email", f"The {words} must be a valid email address."


def url(words: str, value: object) -> tuple[str, str] | None:
    if isinstance(value, str) and _URL.fullmatch(value):
        return None
    return "url", f"The {words} format is invalid."


def one_of(*allowed: str) -> Rule:
    def test(words: str, value: object) -> tuple[str, str] | None:
        return None if value in allowed else ("in", f"The selected {words} is invalid.")

    return test


def at_most(length: int) -> Rule:
    def test(words: str, value: object) -> tuple[str, str] | None:
        if isinstance(value, str) and len(value) > length:
            return "max", f"The {words} may not be greater than {length} characters."
        return None

    return test


def at_least(length: int) -> Rule:
    def test(words: str, value: object) -> tuple[str, str] | None:
        if isinstance(value, str) and len(value) < length:
            return "min", f"The {words} must be at least {length} characters."
        return None

    return test


def exactly(length: int) -> Rule:
    def test(words: str, value: object) -> tuple[str, str] | None:
        if isinstance(value, str) and len(value) == length:
            return None
        return "size", f"The {words} must be {length} characters."

    return test


def between(low: float, high: float) -> Rule:
    """A number from `low` to `high`."""

    def test(words: str, value: object) -> tuple[str, str] | None:
        number = float(str(value))
        if number < low:
            return "min", f"The {words} must be at least {low:g}."
        return ("max", f"The {words} may not be greater than {high:g}.") if number > high else None

    return test


def like(pattern: str) -> Rule:
    def test(words: str, value: object) -> tuple[str, str] | None:
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return None
        return "regex", f"The {words} format is invalid."

    return test


def laravel(rules: str) -> tuple[Rule, ...]:
    """The rules of a startup variable, from the text an egg keeps them in."""
    made: list[Rule] = []
    for part in _split(rules):
        name, _, argument = part.partition(":")
        match name:
            case "required":
                made.append(required)
            case "string":
                made.append(string)
            case "boolean":
                made.append(boolean)
            case "numeric" | "integer":
                made.append(numeric)
            case "in":
                made.append(one_of(*argument.split(",")))
            case "max":
                made.append(at_most(int(argument)))
            case "min":
                made.append(at_least(int(argument)))
            case "regex":
                made.append(like(argument[1 : argument.rindex("/")].removeprefix("^").rstrip("$")))
            case _:
                pass  # `nullable` and what this world's eggs don't use
    return tuple(made)


def _split(rules: str) -> list[str]:
    """Parts between bars, of which a regular expression may hold some itself."""
    parts: list[str] = []
    for part in rules.split("|"):
        if parts and parts[-1].startswith("regex:/") and not parts[-1].rstrip("i").endswith("/"):
            parts[-1] += "|" + part
        else:
            parts.append(part)
    return parts
