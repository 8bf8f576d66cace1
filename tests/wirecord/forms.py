"""How a Discord client fills in components and modals: it sends nothing that they don't offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.wirecord.message import components_of
from tests.wirecord.protocol import SELECTS, Component, Json
from tests.wirecord.resolved import Resolved

if TYPE_CHECKING:
    from tests.wirecord.world import Guild


def find_component(message: Json, custom_id: str | None, label: str | None) -> Json:
    """Find the component by id or label.

    Raises:
        LookupError: There is none, or it is disabled; says what there is.
    """
    offered = components_of(message.get("components"))
    for component in offered:
        if (
            component.get("custom_id")
            and custom_id in (None, component["custom_id"])
            and label in (None, component.get("label"))
        ):
            if component.get("disabled"):
                raise LookupError(f"{label or custom_id!r} is disabled")
            return component
    there = [(c.get("label"), c.get("custom_id")) for c in offered if c.get("custom_id")]
    raise LookupError(f"no component {custom_id or label!r}; there are {there}")


def find_select(message: Json) -> Json:
    """Find the first select of a message."""
    for component in components_of(message.get("components")):
        if component["type"] in SELECTS:
            return component
    raise LookupError("no select in this message")


def pick(component: Json, values: list[str], guild: Guild, resolved: Resolved) -> list[str]:
    """Choose `values` in a select or a group of checkboxes.

    Raises:
        ValueError: Too few, too many, or not offered.
    """
    kind = component["type"]
    default_most = len(values) if kind == Component.CHECKBOX_GROUP else 1
    low, high = component.get("min_values"), component.get("max_values", default_most)
    is_empty = not values and not component.get("required", True)
    if not is_empty and not (1 if low is None else low) <= len(values) <= (high or 1):
        raise ValueError(f"Discord would not send it: {len(values)} of {low} to {high}")
    if kind in (Component.STRING_SELECT, Component.CHECKBOX_GROUP):
        offered = [option["value"] for option in component["options"]]
        if unknown := [value for value in values if value not in offered]:
            raise ValueError(f"Discord would not send it: {unknown} not offered")
        return values
    return [_pick_entity(kind, value, guild, resolved) for value in values]


def _pick_entity(kind: int, value: str, guild: Guild, resolved: Resolved) -> str:
    members = (Component.USER_SELECT, Component.MENTIONABLE_SELECT)
    if kind in members and value in guild.members:
        return resolved.member(guild.members[value])
    if kind in (Component.ROLE_SELECT, Component.MENTIONABLE_SELECT):
        for role in guild.roles:
            if role.id == value:
                return resolved.role(role)
    if kind == Component.CHANNEL_SELECT and value in guild.channels:
        return resolved.channel(guild.channels[value])
    raise ValueError(f"Discord would not send it: {value} is nothing of this guild")


class Form:
    """A modal being filled in: values in order, or by label with spaces as underscores.

    What is left out keeps its default, as in a real client. A text is a str, a checkbox a bool,
    a select or group a list of values, an upload one `(name, content)` or a list of them.
    """

    def __init__(self, modal: Json, guild: Guild) -> None:
        self._modal = modal
        self._guild = guild
        self._resolved = Resolved()

    def fill(self, values: tuple[Any, ...], by_label: dict[str, Any]) -> Json:
        """The data of the submission.

        Raises:
            ValueError: A client would not send it.
            LookupError: A label that the form hasn't.
        """
        in_order, named = list(values), dict(by_label)
        rows: list[Json] = []
        for row in self._modal["components"]:
            if row["type"] == Component.TEXT:
                rows.append({"type": int(Component.TEXT), "id": row.get("id", 0)})
                continue
            component = row.get("component") or row["components"][0]
            label = (row.get("label") or component.get("label") or "").lower().replace(" ", "_")
            if label in named:
                value = named.pop(label)
            else:
                value = in_order.pop(0) if in_order else _default(component)
            filled = self._filled(component, value, label)
            inner = {"component": filled} if "component" in row else {"components": [filled]}
            rows.append({"type": row["type"], "id": row.get("id", 0), **inner})
        if named or in_order:
            raise LookupError(f"the form has no place for {[*named, *in_order]}")
        return {
            "custom_id": self._modal["custom_id"],
            "components": rows,
            "resolved": self._resolved.json,
        }

    def _filled(self, component: Json, value: Any, label: str) -> Json:
        kind = component["type"]
        filled = {
            "type": kind,
            "custom_id": component["custom_id"],
            "id": component.get("id", 0),
        }
        if kind == Component.TEXT_INPUT:
            return filled | {"value": _checked_text(component, value, label)}
        if kind == Component.CHECKBOX:
            return filled | {"value": value}
        if kind == Component.RADIO_GROUP:
            return filled | {"value": (value or [None])[0] if isinstance(value, list) else value}
        several = value if isinstance(value, list) else [value]
        if kind == Component.FILE_UPLOAD:
            return filled | {"values": self._resolved.files(self._guild.wire, several)}
        return filled | {"values": pick(component, several, self._guild, self._resolved)}


def _default(component: Json) -> Any:
    if component["type"] == Component.TEXT_INPUT:
        return component.get("value") or ""
    if component["type"] == Component.CHECKBOX:
        return bool(component.get("default"))
    chosen = [option["value"] for option in component.get("options") or () if option.get("default")]
    return chosen + [str(thing["id"]) for thing in component.get("default_values") or ()]


def _checked_text(component: Json, value: str, label: str) -> str:
    is_required = component.get("required", True)
    low = component.get("min_length") or (1 if is_required else 0)
    high = component.get("max_length") or 4000
    if (value or is_required) and not low <= len(value) <= high:
        raise ValueError(f"Discord would not send it: {label} has {len(value)} characters")
    return value
