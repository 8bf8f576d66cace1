"""Subusers (contract: users.md)."""

import secrets
import string

from demo.panel import shapes
from demo.panel.ask import NOTHING, Answer, Ask, Route
from demo.panel.paging import listed
from demo.panel.records import User
from demo.panel.refusal import Refusal, forbidden
from demo.panel.rights import known
from demo.panel.validation import array, at_most, checked, email, required


async def list_users(ask: Ask) -> Answer:
    version = ask.panel.version
    return Answer(body=listed(shapes.subuser(row, version) for row in ask.server.subusers))


async def view_user(ask: Ask) -> Answer:
    return Answer(body=shapes.subuser(ask.subuser, ask.panel.version))


async def create_user(ask: Ask) -> Answer:
    longest = 255 if ask.panel.version == "pelican" else 191
    checked(
        ask.body,
        {"email": (required, email, at_most(longest)), "permissions": (required, array)},
    )
    permissions = _permissions(ask)
    address, server, world = ask.text_of("email"), ask.server, ask.panel.world
    user = world.user_by_email(address)
    if user is server.owner:
        raise Refusal(
            400,
            "UserIsServerOwnerException",
            "You cannot add the server owner as a subuser for this server.",
        )
    if user is not None and server.permissions_of(user) is not None:
        raise Refusal(
            400,
            "ServerSubuserExistsException",
            "A user with that email address is already assigned as a subuser for this server.",
        )
    user = user or _invited(ask, address)
    made = world.add_subuser(server, user, ())
    made.permissions = permissions
    _log(ask, "create", user, permissions)
    return Answer(body=shapes.subuser(made, ask.panel.version))


def _invited(ask: Ask, address: str) -> User:
    """A new account, named after the mail's local part and three letters."""
    stem = address.partition("@")[0][:64]
    tail = "".join(secrets.choice(string.ascii_lowercase) for _ in range(3))
    return ask.panel.world.add_user(stem + tail, email=address, created_at=ask.now)


async def update_user(ask: Ask) -> Answer:
    checked(ask.body, {"permissions": (required, array)})
    permissions, row = _permissions(ask), ask.subuser
    if set(permissions) != set(row.permissions):
        row.permissions = permissions
        ask.panel.deny(row.user, ask.server)
        _log(ask, "update", row.user, permissions)
    return Answer(body=shapes.subuser(row, ask.panel.version))


async def delete_user(ask: Ask) -> Answer:
    row = ask.subuser
    ask.server.subusers.remove(row)
    ask.panel.deny(row.user, ask.server)
    _log(ask, "delete", row.user, row.permissions)
    return NOTHING


def _permissions(ask: Ask) -> list[str]:
    """The wanted rights without those nobody knows, and with the one to connect."""
    given = ask.body["permissions"]
    wanted = [str(each) for each in given] if isinstance(given, list) else []
    own = ask.rights()
    if "*" not in own and not set(wanted) <= set(own):
        raise forbidden(
            "Cannot assign permissions to a subuser that your account does not actively possess."
        )
    accepted = known(ask.panel.version)
    return list(dict.fromkeys(each for each in (*wanted, "websocket.connect") if each in accepted))


def _log(ask: Ask, what: str, user: User, permissions: list[str]) -> None:
    for subject in (None, user):
        ask.panel.world.log(
            f"server:subuser.{what}",
            at=ask.now,
            actor=ask.user,
            server=ask.server if subject is None else None,
            subject=subject,
            ip=ask.ip,
            properties={"email": user.email, "permissions": permissions},
        )


_ONE = "servers/{server}/users/{subuser}"
ROUTES = (
    Route("GET", "servers/{server}/users", list_users, "user.read"),
    Route("POST", "servers/{server}/users", create_user, "user.create"),
    Route("GET", _ONE, view_user, "user.read"),
    Route("POST", _ONE, update_user, "user.update"),
    Route("DELETE", _ONE, delete_user, "user.delete"),
)
