"""Databases (contract: databases.md)."""

import secrets
import string

from demo.panel import shapes
from demo.panel.ask import NOTHING, Answer, Ask, Route
from demo.panel.paging import listed
from demo.panel.records import Database
from demo.panel.refusal import Refusal, bug
from demo.panel.validation import at_least, at_most, checked, like, required
from demo.panel.validation import string as text_rule

_LETTERS = string.ascii_letters + string.digits
_NAME_LENGTH = 48


async def list_databases(ask: Ask) -> Answer:
    with_password = ask.includes("password")
    return Answer(
        body=listed(
            shapes.database(row, ask, with_password=with_password) for row in ask.server.databases
        )
    )


async def create_database(ask: Ask) -> Answer:
    checked(
        ask.body,
        {
            "database": (
                required,
                text_rule,
                at_least(3),
                at_most(_NAME_LENGTH),
                like(r"[\w-]+"),
            ),
            "remote": (required, text_rule, like(r"[\w\-/.%:]+")),
        },
    )
    server = ask.server
    if not ask.panel.has_database_host:
        raise Refusal(
            400,
            "NoSuitableDatabaseHostException",
            "No database host was found that meets the requirements for this server.",
        )
    if not ask.panel.gives_databases:
        raise bug("DatabaseClientFeatureNotEnabledException")
    if server.database_limit is not None and len(server.databases) >= server.database_limit:
        raise Refusal(
            400,
            "TooManyDatabasesException",
            "Operation aborted: creating a new database would put this server over the defined"
            " limit.",
        )
    name = f"s{server.id}_{ask.text_of('database')}"[:_NAME_LENGTH]
    if any(row.name == name for row in server.databases):
        raise Refusal(
            400,
            "DuplicateDatabaseNameException",
            "A database with that name already exists for this server.",
        )
    number = ask.panel.world.number("database")
    made = Database(
        id=_random(8),
        number=number,
        name=name,
        username=f"u{server.id}_{_random(10)}",
        remote=ask.text_of("remote"),
        password=_password(),
    )
    server.databases.append(made)
    ask.log("server:database.create", name=name)
    body = shapes.database(made, ask, with_password=True)
    made.is_new = False
    return Answer(body=body)


async def rotate_password(ask: Ask) -> Answer:
    ask.database.password = _password()
    ask.log("server:database.rotate-password", name=ask.database.name)
    return Answer(body=shapes.database(ask.database, ask, with_password=True))


async def delete_database(ask: Ask) -> Answer:
    ask.server.databases.remove(ask.database)
    ask.log("server:database.delete", name=ask.database.name)
    return NOTHING


def _random(length: int) -> str:
    return secrets.choice(string.ascii_letters) + "".join(
        secrets.choice(_LETTERS) for _ in range(length - 1)
    )


def _password() -> str:
    return "".join(secrets.choice(_LETTERS + "!@+^.=") for _ in range(24))


_ONE = "servers/{server}/databases/{database}"
ROUTES = (
    Route("GET", "servers/{server}/databases", list_databases, "database.read"),
    Route("POST", "servers/{server}/databases", create_database, "database.create"),
    Route("POST", f"{_ONE}/rotate-password", rotate_password, "database.update"),
    Route("DELETE", _ONE, delete_database, "database.delete"),
)
