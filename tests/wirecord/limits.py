"""The limits that Discord's description leaves out: sums, and what goes with what."""

from collections.abc import Callable, Iterator

from tests.wirecord.message import components_of, embed_text
from tests.wirecord.protocol import ONLY_V2, Callback, Component, Flag, Json

COMMAND_CHARACTERS = 8000
COMMANDS = 100
CHOICES = 25


def over_limit(method: str, path: str, body: object) -> str | None:
    """What Discord would say against `body` on this route, or None."""
    if method == "PUT" and path.endswith("/commands") and isinstance(body, list):
        return next(_commands(body), None)
    if not isinstance(body, dict):
        return None
    kind: int | None = None
    if path.endswith("/callback"):
        kind, body = body.get("type"), body.get("data") or {}
    checks: list[Callable[[Json], Iterator[str]]] = [_components]
    if kind == Callback.CHOICES:
        checks = [_choices]
    elif kind == Callback.MODAL:
        checks = [_modal, _components]
    elif body.keys() & {"content", "embeds", "components"}:
        checks = [_message, _components]
    return next((wrong for check in checks for wrong in check(body)), None)


def _commands(commands: list[Json]) -> Iterator[str]:
    big = [c["name"] for c in commands if command_characters(c) > COMMAND_CHARACTERS]
    if big:
        yield f"commands over {COMMAND_CHARACTERS} characters: {big}"
    if sum(command.get("type", 1) == 1 for command in commands) > COMMANDS:
        yield f"over {COMMANDS} commands"


def command_characters(node: Json) -> int:
    """The characters that Discord counts of a command or an option; the longest language counts."""
    return (
        _longest(node, "name")
        + _longest(node, "description")
        + sum(map(command_characters, node.get("options") or ()))
        + sum(_longest(c, "name") + len(str(c["value"])) for c in node.get("choices") or ())
    )


def _longest(node: Json, key: str) -> int:
    words = [node.get(key) or "", *(node.get(f"{key}_localizations") or {}).values()]
    return max(map(len, words))


def _message(message: Json) -> Iterator[str]:
    shown = components_of(message.get("components"))
    kinds = [component.get("type") for component in shown]
    if (message.get("flags") or 0) & Flag.COMPONENTS_V2:
        if message.get("content") or message.get("embeds") or message.get("poll"):
            yield "content and embeds don't go with Components V2"
    else:
        if any(kind in ONLY_V2 for kind in kinds):
            yield "components: these need the Components V2 flag"
        if len(message.get("components") or ()) > 5:
            yield "components: over 5 rows"
    if any(_row_width(c) > 5 for c in shown if c.get("type") == Component.ROW):
        yield "components: a row holds 5 buttons or 1 select"
    if len(message.get("content") or "") > 2000:
        yield "content: over 2000"
    if sum(len("\n".join(filter(None, embed_text(e)))) for e in message.get("embeds") or ()) > 6000:
        yield "embeds: over 6000 together"
    if sum(len(c["content"]) for c in shown if c.get("type") == Component.TEXT) > 4000:
        yield "components: text over 4000 together"
    if len(shown) > 40:
        yield f"components: {len(shown)}, over 40"
    ids = [component["custom_id"] for component in shown if component.get("custom_id")]
    if len(ids) != len(set(ids)):
        yield "components: custom_id twice"


def _row_width(row: Json) -> int:
    inner = row.get("components") or ()
    return sum(1 if component["type"] == Component.BUTTON else 5 for component in inner)


def _choices(data: Json) -> Iterator[str]:
    choices = data.get("choices") or []
    if len(choices) > CHOICES:
        yield f"choices: {len(choices)}, over {CHOICES}"
    if not all(_fits(c["name"]) and _fits(str(c["value"])) for c in choices):
        yield "choices: name or value not 1 to 100 characters"


def _modal(data: Json) -> Iterator[str]:
    rows = data.get("components") or []
    if not 1 <= len(data.get("title", "")) <= 45 or not 1 <= len(rows) <= 5:
        yield "modal: title over 45 or not 1 to 5 components"
    ids = [component["custom_id"] for component in components_of(rows) if "custom_id" in component]
    if len(ids) != len(set(ids)):
        yield "components: custom_id twice"


def _components(data: Json) -> Iterator[str]:
    for component in components_of(data.get("components")):
        longest = 80 if component.get("type") == Component.BUTTON else 45
        if len(component.get("url") or "") > 512:
            yield "button: url over 512"
        if len(component.get("label") or "") > longest:
            yield "component: label too long"
        if len(component.get("custom_id") or "") > 100:
            yield "component: custom_id over 100"
        options = component.get("options") or []
        if len(options) > 25:
            yield "select: over 25 options"
        if not all(_fits(option["label"]) and _fits(option["value"]) for option in options):
            yield "select: option label or value not 1 to 100 characters"


def _fits(text: str) -> bool:
    return 1 <= len(text) <= 100
