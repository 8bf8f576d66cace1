"""Holding an answer of the simulated panel against a recorded one: keys, types, classes of text."""

import re
from collections.abc import Iterator, Mapping

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
CLASSES = {
    "moment": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"),
    "uuid": UUID,
    "sha1": re.compile(r"(sha1:)?[0-9a-f]{40}"),
    "token": re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}"),
    "link": re.compile(r"https?://[^/]+/(upload|download)/(file|backup)\?token=eyJ\S+"),
    "socket": re.compile(r"wss?://[^/]+/api/servers/[0-9a-f-]{36}/ws"),
    "key": re.compile(r"ptlc_\w{11}"),
    "octal": re.compile(r"[0-7]{3}"),
    "mode": re.compile(r"[d-]([r-][w-][x-]){3}"),
}
LENGTH_SLACK = 12  # the ports of the test have more digits than the recorded ones
FREE = {"properties", "links", "keys", "description", "rules"}
"""Keys whose values are free text or depend on what was done before."""


def differences(ours: object, theirs: object, where: str = "$") -> Iterator[str]:
    """What is not of one form, each with its place; nothing when all is."""
    if where.rsplit(".", 1)[-1] in FREE:
        if type(ours) is not type(theirs):
            yield f"{where}: {type(ours).__name__} instead of {type(theirs).__name__}"
        return
    match ours, theirs:
        case dict(), dict():
            if "errors" in theirs:
                yield from _errors(ours, theirs, where)
                return
            if ours.keys() != theirs.keys():
                wrong = sorted(map(str, ours.keys() ^ theirs.keys()))
                yield f"{where}: other keys: {', '.join(wrong)}"
            for key in ours.keys() & theirs.keys():
                yield from differences(ours[key], theirs[key], f"{where}.{key}")
        case list(), list():
            yield from _lists(ours, theirs, where)
        case str(), str():
            yield from _texts(ours, theirs, where)
        case (bool(), bool()) | (None, None):
            pass
        case (int() | float(), int() | float()) if not isinstance(ours, bool):
            pass
        case _:
            yield f"{where}: {ours!r} instead of something like {theirs!r}"


def _errors(ours: Mapping[str, object], theirs: Mapping[str, object], where: str) -> Iterator[str]:
    if _plain(ours) != _plain(theirs):
        yield f"{where}: {_plain(ours)} instead of {_plain(theirs)}"


def _plain(value: object) -> str:
    """An error body with what differs from call to call taken out."""
    return UUID.sub("<id>", str(value))


def _lists(ours: list[object], theirs: list[object], where: str) -> Iterator[str]:
    if not theirs:
        if ours:
            yield f"{where}: {len(ours)} entries instead of none"
        return
    if not ours:
        yield f"{where}: no entries"
    for number, item in enumerate(ours):
        found = [list(differences(item, other, f"{where}[{number}]")) for other in theirs]
        if all(found):
            yield from min(found, key=len)


def _texts(ours: str, theirs: str, where: str) -> Iterator[str]:
    for name, pattern in CLASSES.items():
        if pattern.fullmatch(theirs):
            if not pattern.fullmatch(ours):
                yield f"{where}: {ours!r} is no {name}"
            elif name in ("token", "link") and abs(len(ours) - len(theirs)) > LENGTH_SLACK:
                yield f"{where}: {len(ours)} characters instead of {len(theirs)}"
            return


HEADERS = ("content-type", "x-ratelimit-limit", "allow", "content-disposition", "cache-control")
PRESENT = ("x-ratelimit-remaining", "x-ratelimit-reset", "retry-after")


def header_differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[str]:
    """What differs in the headers that a client may look at."""
    mine = {name.lower(): value for name, value in ours.items()}
    recorded = {name.lower(): value for name, value in theirs.items()}
    for name in HEADERS:
        if mine.get(name) != recorded.get(name):
            yield f"header {name}: {mine.get(name)!r} instead of {recorded.get(name)!r}"
    for name in PRESENT:
        if (name in mine) != (name in recorded):
            yield f"header {name}: {mine.get(name)!r} instead of {recorded.get(name)!r}"
