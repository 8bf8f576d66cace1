"""One message as Discord stores it: what is read in it, and what the bench noted beside it.

A message is Discord's own JSON object. Keys that begin with an underscore are the bench's notes
and never leave it: `_seen_by` (the id of the only member who sees it), `_pings` (whom it really
notified: ids of members and roles, and "everyone"), `_posted_at` (monotonic seconds).
"""

from collections.abc import Iterable, Iterator

from tests.wirecord.protocol import Component, Json


def components_of(rows: Iterable[Json] | None) -> list[Json]:
    """All components, the nested ones too, in reading order."""
    return list(_walk(rows))


def _walk(rows: Iterable[Json] | None) -> Iterator[Json]:
    for component in rows or ():
        yield component
        yield from _walk(component.get("components"))
        for key in ("accessory", "component"):
            if component.get(key):
                yield from _walk([component[key]])


def sent(thing: Json) -> Json:
    """The object without the bench's notes."""
    return {key: value for key, value in thing.items() if not key.startswith("_")}


def embed_text(embed: Json) -> list[str]:
    """The texts of an embed that Discord counts."""
    return [
        embed.get("title") or "",
        embed.get("description") or "",
        *(f"{field['name']}: {field['value']}" for field in embed.get("fields") or ()),
        (embed.get("footer") or {}).get("text") or "",
    ]


def text_of(message: Json) -> str:
    """Everything there is to read in a message: content, embeds, text components."""
    parts = [message.get("content") or ""]
    for embed in message.get("embeds") or ():
        parts += embed_text(embed)
    parts += [
        component["content"]
        for component in components_of(message.get("components"))
        if component.get("type") == Component.TEXT
    ]
    return "\n".join(part for part in parts if part)


def is_public(message: Json) -> bool:
    """Everybody in the channel sees it."""
    return "_seen_by" not in message
