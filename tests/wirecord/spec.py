"""Discord's own description of its API, to refuse what Discord would refuse.

The description (openapi.json) isn't part of the project; without it the bodies are held only to
`limits`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.wirecord.protocol import Json

_ROOT = "urn:discord"
_EXACT = 1 << 53  # ids above are written as text in JSON, and discord.py doesn't always


class Spec:
    """The forms of the bodies that each route takes; `Spec.absent()` knows none."""

    def __init__(self, description: Json | None) -> None:
        self._known = description is not None
        self._routes: dict[tuple[str, int], list[tuple[re.Pattern[str], str]]] = {}
        self._registry: Registry[Any] = Registry()
        if description is not None:
            self._read(description)

    @classmethod
    def absent(cls) -> Spec:
        return cls(None)

    @staticmethod
    @functools.cache
    def load(path: Path) -> Spec:
        """Read the description; once per process, for it is large."""
        return Spec(msgspec.json.decode(path.read_bytes()))

    def __bool__(self) -> bool:
        return self._known

    def _read(self, description: Json) -> None:
        resource = DRAFT202012.create_resource(description)
        self._registry = Registry().with_resource(_ROOT, resource)
        for path, operations in description["paths"].items():
            segments = path.count("/")
            pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
            for method, operation in operations.items():
                content = (
                    operation.get("requestBody", {}).get("content", {})
                    if isinstance(operation, dict)
                    else {}
                )
                if "schema" not in content.get("application/json", {}):
                    continue
                pointer = ["paths", path, method, "requestBody", "content", "application/json"]
                steps = [s.replace("~", "~0").replace("/", "~1") for s in [*pointer, "schema"]]
                reference = f"{_ROOT}#/" + quote("/".join(steps), safe="/~")
                known = self._routes.setdefault((method.upper(), segments), [])
                known.append((pattern, reference))

    @functools.cache  # noqa: B019  # a Spec lives as long as the process
    def _validator(self, reference: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": reference}, registry=self._registry)

    def refuse(self, method: str, path: str, body: object) -> str | None:
        """What Discord would say against `body`, or None."""
        validators = [
            self._validator(reference)
            for pattern, reference in self._routes.get((method, path.count("/")), ())
            if pattern.fullmatch(path)
        ]
        body = _as_taken(body)
        if not validators or any(validator.is_valid(body) for validator in validators):
            return None
        error = _deepest(validators[0].iter_errors(body))
        return f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def _deepest(errors: Iterable[ValidationError]) -> ValidationError:
    """The error that got furthest into the body says most about what is wrong."""
    first = next(iter(errors))
    deepest: ValidationError = max([first, *(first.context or ())], key=_depth)
    while deepest.context:
        deepest = max(deepest.context, key=_depth)
    return deepest


def _depth(error: ValidationError) -> int:
    return len(error.absolute_path)


def _as_taken(value: object) -> object:
    """The body as Discord reads it: it takes ids as numbers too."""
    if isinstance(value, dict):
        taken = {key: _as_taken(inner) for key, inner in value.items()}
        if isinstance(value.get("attachments"), list):
            taken["attachments"] = [
                _as_taken(file) | {"id": str(file["id"])}  # type: ignore[operator]  # an object
                if isinstance(file, dict) and "id" in file
                else file
                for file in value["attachments"]
            ]
        return taken
    if isinstance(value, list):
        return [_as_taken(inner) for inner in value]
    if type(value) is int and value > _EXACT:
        return str(value)
    return value
