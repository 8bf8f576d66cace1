"""How a Discord client fills in a slash command: it sends nothing that the command doesn't take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.wirecord.protocol import GROUPS, Json, Option, Permission
from tests.wirecord.resolved import Resolvable, Resolved

if TYPE_CHECKING:
    from tests.wirecord.member import Member

_TYPES: dict[int, tuple[type, ...]] = {
    Option.STRING: (str,),
    Option.INTEGER: (int,),
    Option.BOOLEAN: (bool,),
    Option.NUMBER: (int, float),
}


class Typed:
    """A command on its way through a client: `path` is its name with groups, by spaces."""

    def __init__(self, member: Member, path: str) -> None:
        self._member = member
        self._wire = member.guild.wire
        first, *rest = path.split()
        self.command = self._wire.command(member.guild, first)
        self._chain: list[Json] = []
        node = self.command
        for part in rest:
            node = self._inner(node, part, path)
            self._chain.append(node)
        if any(option["type"] in GROUPS for option in node.get("options") or ()):
            raise ValueError(f"Discord would not send it: /{path} is a group")
        self._declared: dict[str, Json] = {o["name"]: o for o in node.get("options") or ()}
        self._resolved = Resolved()

    @staticmethod
    def _inner(node: Json, part: str, path: str) -> Json:
        for option in node.get("options") or ():
            if option["name"] == part and option["type"] in GROUPS:
                return dict(option)
        raise LookupError(f"no command /{path}: {part!r} is not in it")

    def run(self, options: dict[str, object]) -> Json:
        """The data of the command with these options.

        Raises:
            PermissionError: Discord doesn't show the command to this member.
            ValueError: A client would not send it.
        """
        check_visible(self.command, self._member)
        leaf = [
            self._option(name.replace("__", "-"), value, checked=True)
            for name, value in options.items()
        ]
        filled = {option["name"] for option in leaf}
        missing = [
            name
            for name, option in self._declared.items()
            if option.get("required") and name not in filled
        ]
        if missing:
            raise ValueError(f"Discord would not send it: {missing} required")
        return self._data(leaf)

    def complete(self, option: str, typed: str, filled: dict[str, object]) -> Json:
        """The data of an autocomplete of `option`, with `typed` in it so far."""
        leaf = [self._option(name, value, checked=False) for name, value in filled.items()]
        leaf.append(self._option(option, typed, checked=False) | {"focused": True})
        return self._data(leaf)

    def _option(self, name: str, value: object, *, checked: bool) -> Json:
        if name not in self._declared:
            raise LookupError(f"no option {name!r}; there are {list(self._declared)}")
        declared = self._declared[name]
        plain = self._plain(value)
        if checked and (wrong := _unfit(declared, plain)):
            raise ValueError(f"Discord would not send it: {name} {wrong}")
        return {"name": name, "type": declared["type"], "value": plain}

    def _plain(self, value: object) -> object:
        match value:
            case Resolvable():
                return value.resolve(self._resolved)
            case (str(name), bytes(content)):
                return self._resolved.files(self._wire, [(name, content)])[0]
        return value

    def _data(self, leaf: list[Json]) -> Json:
        for node in reversed(self._chain):
            leaf = [{"name": node["name"], "type": node["type"], "options": leaf}]
        return {
            "id": self.command["id"],
            "name": self.command["name"],
            "type": 1,
            "options": leaf,
            "resolved": self._resolved.json,
        }


def check_visible(command: Json, member: Member) -> None:
    """Raise PermissionError where Discord doesn't show the command to the member."""
    needed = command.get("default_member_permissions")
    held = member.permissions()
    if member.sees_everything or held & Permission.ADMINISTRATOR:
        return
    settings = {one["id"]: one["permissions"] for one in member.guild.command_permissions}
    own = _set_for(member, settings.get(command["id"], []))
    for_all = _set_for(member, settings.get(member.guild.wire.bot_id, []))
    if own is False or (own is None and for_all is False):
        raise PermissionError(f"Discord does not show /{command['name']} to {member.name}")
    if needed is None or own:
        return
    bits = int(needed)
    # "0" stands for administrators only
    if held & bits != bits or (not bits and not held & Permission.ADMINISTRATOR):
        raise PermissionError(f"Discord does not show /{command['name']} to {member.name}")


def _set_for(member: Member, entries: list[Json]) -> bool | None:
    """What an admin set about a member: by name, else by a role of theirs, else for everyone."""
    ranks = {member.id: 0, member.guild.id: 2} | {role.id: 1 for role in member.roles}
    found = [(ranks[one["id"]], not one["permission"]) for one in entries if one["id"] in ranks]
    return not min(found)[1] if found else None


def _unfit(option: Json, value: object) -> str | None:
    kind = option["type"]
    if kind in _TYPES and (
        not isinstance(value, _TYPES[kind]) or (kind != Option.BOOLEAN and isinstance(value, bool))
    ):
        return f"is {value!r}"
    if option.get("choices") and value not in [choice["value"] for choice in option["choices"]]:
        return f"is none of its choices: {value!r}"
    if isinstance(value, str) and kind == Option.STRING:
        low, high = option.get("min_length") or 0, option.get("max_length") or 6000
        if not low <= len(value) <= high:
            return "has not the length it asks for"
    if isinstance(value, int | float) and kind in (Option.INTEGER, Option.NUMBER):
        low, high = option.get("min_value"), option.get("max_value")
        if (low is not None and value < low) or (high is not None and value > high):
            return f"is out of range: {value}"
    return None
