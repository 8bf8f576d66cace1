"""Discord's own description of its API, to refuse what Discord would refuse.

The description (openapi.json) isn't part of the project; without it the bodies are held only to
`limits`.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
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
        self._accepted: set[bytes] = set()
        self._quick = extend(  # type: ignore[no-untyped-call]  # so in the stubs
            Draft202012Validator, {"oneOf": self._one_of}
        )
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
        self._description = description
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
    def _validator(self, reference: str, *, quick: bool = True) -> Draft202012Validator:
        kind = self._quick if quick else Draft202012Validator
        return kind({"$ref": reference}, registry=self._registry)

    def refuse(self, method: str, path: str, body: object) -> str | None:
        """What Discord would say against `body`, or None."""
        references = [
            reference
            for pattern, reference in self._routes.get((method, path.count("/")), ())
            if pattern.fullmatch(path)
        ]
        if not references:
            return None
        body = _as_taken(body)
        seen = hashlib.sha256(msgspec.json.encode((references, body))).digest()
        if seen in self._accepted:
            return None
        if any(self._validator(one).is_valid(body) for one in references):
            self._accepted.add(seen)
            return None
        error = _deepest(self._validator(references[0], quick=False).iter_errors(body))
        return f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"

    def _one_of(
        self, validator: Draft202012Validator, branches: list[Json], instance: object, _schema: Json
    ) -> Iterator[ValidationError]:
        """As the keyword is meant, without walking through branches of another kind.

        A component alone could be any of a dozen forms, each of which names its own `type`; that
        is looked at first, or most of a suite's time goes into forms that can't be meant.
        """
        meant = [one for one in branches if not self._is_other(one, instance)]
        fitting = sum(validator.evolve(schema=one).is_valid(instance) for one in meant)
        if fitting != 1:
            yield ValidationError(f"{instance!r} fits {fitting} of the forms")

    def _is_other(self, schema: Json, instance: object) -> bool:
        """Whether `instance` fails `schema` by its kind or by a word of its own."""
        schema = self._meant(schema)
        if isinstance(instance, str | int):
            return "const" in schema and not _is_same(schema["const"], instance)
        if instance is None:
            return isinstance(schema.get("type"), str) and schema["type"] != "null"
        if not isinstance(instance, dict):
            return False
        if schema.get("type") == "null":
            return True
        kind = instance.get("type")
        words = self._meant(schema.get("properties", {}).get("type", {})).get("enum")
        return (
            "type" in instance
            and words is not None
            and not any(_is_same(word, kind) for word in words)
        )

    def _meant(self, schema: Json) -> Json:
        """The schema itself, or the one of the description that it refers to."""
        while "$ref" in schema and len(schema) == 1:
            found: Any = self._description
            for step in schema["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            schema = found
        return schema


def _is_same(word: object, value: object) -> bool:
    return type(word) is type(value) and word == value


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
