"""The world of a simulated panel: its users, keys, nodes, servers; built by hand or ready-made."""

import hashlib
import string
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal, TypedDict, Unpack

from demo.panel.eggs import FILES, paper
from demo.panel.node import Node
from demo.panel.records import LONG_AGO, Activity, Allocation, Egg, Key, Subuser, User
from demo.panel.server import ProcessState, Server, Status

GAMES_IP: Final = "127.25.0.1"
"""Of this machine, but nothing else here listens there: a panel beside this one may have opened the
same ports to players."""
_LETTERS: Final = string.digits + string.ascii_letters
_NAMESPACE: Final = uuid.UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


class Traits(TypedDict, total=False):
    """What may be said of a server besides its name and owner; see `Server`."""

    description: str
    external_id: str | None
    memory_mib: int
    disk_mib: int
    cpu_percent: int
    database_limit: int | None
    allocation_limit: int | None
    backup_limit: int | None
    status: Status | None
    is_transferring: bool
    first_state: ProcessState
    created_at: datetime


class World:
    """Everything a panel knows. Ids, uuids and keys follow from the names, so they never change."""

    def __init__(self) -> None:
        self.users: list[User] = []
        self.nodes: list[Node] = []
        self.servers: list[Server] = []
        self.keys: dict[str, Key] = {}  # by label
        self.activities: list[Activity] = []
        self.allocations: dict[int, tuple[Node, Allocation]] = {}
        self._by_text: dict[str, Key] = {}
        self._by_uuid: dict[str, Server] = {}
        self._by_identifier: dict[str, Server] = {}
        self._numbers: dict[str, int] = {}

    def add_user(
        self,
        username: str,
        *,
        email: str | None = None,
        password: str | None = None,
        is_admin: bool = False,
        first_name: str | None = None,
        last_name: str = "Player",
        user_id: int | None = None,
        user_uuid: str | None = None,
        key: str | None = None,
        created_at: datetime = LONG_AGO,
    ) -> User:
        """An account with one client key, labelled with its name; `key` is its whole text."""
        user = User(
            id=self._number("user", user_id),
            uuid=user_uuid or _uuid(f"user {username}"),
            username=username,
            email=email or f"{username}@example.com",
            password=password or f"{username.capitalize()}Pass1!",
            first_name=first_name if first_name is not None else username.capitalize(),
            last_name=last_name,
            is_admin=is_admin,
            created_at=created_at,
        )
        self.users.append(user)
        self.add_key(user, username, text=key)
        return user

    def add_key(
        self,
        user: User,
        label: str,
        *,
        kind: Literal["client", "application"] = "client",
        allowed_ips: Iterable[str] = (),
        description: str = "made for the bot",
        text: str | None = None,
        created_at: datetime = LONG_AGO,
    ) -> Key:
        """A further key of an account; `label` is what `World.key` finds it by."""
        prefix = "ptlc_" if kind == "client" else "ptla_"
        text = text or prefix + _word(f"key {label}", 11) + _word(f"secret {label}", 32)
        made = Key(
            owner=user,
            identifier=text[:16],
            secret=text[16:],
            label=label,
            kind=kind,
            description=description,
            allowed_ips=list(allowed_ips),
            created_at=created_at,
        )
        user.keys.append(made)
        self.keys[label] = made
        self._by_text[made.text] = made
        return made

    def drop_key(self, key: Key) -> None:
        """Delete a key; who sends it hears 401."""
        key.owner.keys.remove(key)
        self._by_text.pop(key.text, None)
        if self.keys.get(key.label) is key:
            del self.keys[key.label]

    def adopt(self, version: str) -> None:
        """Give the keys the prefix of a panel's version (contract: pelican.md)."""
        if version != "pelican":
            return
        self._by_text.clear()
        for key in self.keys.values():
            prefix = "pacc_" if key.kind == "client" else "papp_"
            key.identifier = prefix + key.identifier[len(prefix) :]
            self._by_text[key.text] = key

    def add_node(self, name: str, *, ports: Iterable[int] = (), ip: str = GAMES_IP) -> Node:
        """A machine, with free allocations at `ports`."""
        node = Node(name)
        self.nodes.append(node)
        for port in ports:
            self.add_allocation(node, port, ip=ip)
        return node

    def add_allocation(
        self,
        node: Node,
        port: int,
        *,
        ip: str = GAMES_IP,
        alias: str | None = None,
        notes: str | None = None,
        allocation_id: int | None = None,
    ) -> Allocation:
        """A free address of a node."""
        number = self._number("allocation", allocation_id)
        made = Allocation(id=number, ip=ip, port=port, alias=alias, notes=notes)
        self.allocations[number] = node, made
        return made

    def add_server(
        self,
        name: str,
        owner: User,
        *,
        node: Node | None = None,
        egg: Egg | None = None,
        server_uuid: str | None = None,
        server_id: int | None = None,
        allocation: Allocation | None = None,
        more_allocations: Iterable[Allocation] = (),
        **traits: Unpack[Traits],
    ) -> Server:
        """A server with its primary allocation; first node and Paper egg if not said."""
        node = node or (self.nodes[0] if self.nodes else self.add_node("node1"))
        egg = egg or paper()
        server = Server(
            id=self._number("server", server_id),
            uuid=server_uuid or _uuid(f"server {name}"),
            name=name,
            owner=owner,
            node=node,
            egg=egg,
            docker_image=list(egg.docker_images.values())[min(1, len(egg.docker_images) - 1)],
            values={variable.env_variable: variable.default_value for variable in egg.variables},
            **traits,
        )
        server.primary = allocation = allocation or self.add_allocation(node, 25565 + server.id)
        for each in (allocation, *more_allocations):
            each.server_id = server.id
            server.allocations.append(each)
        server.place(FILES[egg.game])
        self.servers.append(server)
        self.servers.sort(key=lambda each: each.id)
        self._by_uuid[server.uuid] = self._by_identifier[server.identifier] = server
        return server

    def add_subuser(self, server: Server, user: User, permissions: Iterable[str]) -> Subuser:
        """Share a server; the right to connect comes with it."""
        made = Subuser(user, list(dict.fromkeys(["websocket.connect", *permissions])))
        server.subusers.append(made)
        return made

    def pace(self, *, boot_seconds: float, stop_seconds: float, work_seconds: float) -> None:
        """How long things take on every server: a start, a shutdown, a backup and the like."""
        for server in self.servers:
            server.boot_seconds, server.stop_seconds = boot_seconds, stop_seconds
            server.crash_seconds = min(0.3, work_seconds)
            server.backup_seconds = server.install_seconds = work_seconds
            server.restore_seconds = work_seconds

    def remove_server(self, name: str) -> None:
        """Delete a server: the panel forgets it, the node tells and closes its websockets."""
        server = self.server(name)
        self.servers.remove(server)
        del self._by_uuid[server.uuid], self._by_identifier[server.identifier]
        for allocation in server.allocations:
            allocation.server_id = None
        if server.instance is not None:
            instance = server.instance
            instance.publish("deleted", "null")
            if server.node.newer:
                instance.end_sockets(None, "")
            else:
                instance.publish("console output", "")
                instance.end_sockets(1001, "server deleted")
            instance.jump("offline")

    def user(self, username: str) -> User:
        return next(user for user in self.users if user.username == username)

    def server(self, name: str) -> Server:
        """By name, identifier or uuid."""
        for server in self.servers:
            if name in (server.name, server.identifier, server.uuid):
                return server
        raise KeyError(name)

    def node(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def key(self, label: str) -> str:
        """The text of a key: 48 characters."""
        return self.keys[label].text

    def key_by_text(self, text: str) -> Key | None:
        return self._by_text.get(text)

    def user_by_uuid(self, user_uuid: str) -> User | None:
        return next((user for user in self.users if user.uuid == user_uuid), None)

    def user_by_email(self, email: str) -> User | None:
        wanted = email.casefold()
        return next((user for user in self.users if user.email.casefold() == wanted), None)

    def server_by_uuid(self, server_uuid: str) -> Server | None:
        return self._by_uuid.get(server_uuid)

    def server_in_path(self, text: str) -> Server | None:
        """As the panel reads an id in a path: 8 characters are an identifier, else a uuid."""
        return self._by_identifier.get(text) if len(text) == 8 else self._by_uuid.get(text)

    def free_allocations(self, node: Node, ip: str) -> list[Allocation]:
        return [
            allocation
            for owner, allocation in self.allocations.values()
            if owner is node and allocation.server_id is None and allocation.ip == ip
        ]

    def number(self, kind: str) -> int:
        """The next id of a table."""
        return self._number(kind, None)

    def log(
        self,
        event: str,
        *,
        at: datetime,
        actor: User | None,
        server: Server | None = None,
        subject: User | None = None,
        ip: str = "127.0.0.1",
        is_api: bool = True,
        properties: Mapping[str, object] | None = None,
    ) -> None:
        """Write an entry of the activity log."""
        self.activities.append(
            Activity(
                id=self.number("activity"),
                event=event,
                at=at,
                actor=actor,
                ip=ip,
                is_api=is_api,
                properties=dict(properties or {}),
                server_id=server.id if server is not None else None,
                subject=subject,
            )
        )

    def start_numbers(self, kind: str, first: int) -> None:
        """Let the ids of a table begin at `first`."""
        self._numbers[kind] = first - 1

    def _number(self, kind: str, given: int | None) -> int:
        number = given if given is not None else self._numbers.get(kind, 0) + 1
        self._numbers[kind] = max(number, self._numbers.get(kind, 0))
        return number


def _uuid(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, f"simpanel {name}"))


def _word(name: str, length: int) -> str:
    """Letters and digits that follow from `name`."""
    number = int.from_bytes(hashlib.sha512(name.encode()).digest())
    letters = []
    for _ in range(length):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return "".join(letters)
