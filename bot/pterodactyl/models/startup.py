"""Startup variables and the start command (contract: startup.md)."""

from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType, field

from bot.pterodactyl.models.envelope import Item, Rows

T = TypeVar("T")


class Variable(Struct, frozen=True, kw_only=True):
    """A variable of the server's egg. Its values may be passwords, so `repr` leaves them out."""

    name: str  # a title for people
    description: str  # may hold CRLF
    env_variable: str  # the key for update_variable
    default_value: str
    server_value: str | None  # None: the default applies
    is_editable: bool
    rules: str  # Laravel's, joined by "|"; a regex in it may hold "|" itself

    def __repr__(self) -> str:
        return f"Variable(env_variable={self.env_variable!r}, is_editable={self.is_editable})"


class StartupMeta(Struct, frozen=True, kw_only=True):
    startup_command: str
    raw_startup_command: str
    docker_images: dict[str, str] | tuple[str, ...] | UnsetType = UNSET


class StartupListing(Struct, frozen=True):
    """The answer to list_variables, as it comes."""

    data: tuple[Item[Variable], ...]
    meta: StartupMeta


class VariableUpdated(Struct, frozen=True):
    """The answer to update_variable, as it comes."""

    attributes: Variable
    meta: StartupMeta


class Startup(Rows[Variable], frozen=True, kw_only=True):
    """A server's variables, its start command and the images it may run in."""

    startup_command: str  # values filled in; `[hidden]` for those the account may not see
    raw_startup_command: str  # with `{{NAME}}` places
    docker_images: dict[str, str]  # label -> image

    def __repr__(self) -> str:
        return f"Startup(rows={self.rows!r}, docker_images={self.docker_images!r})"


class VariableUpdate(Struct, frozen=True, kw_only=True):
    """A variable after its change, and the start command that follows from it."""

    variable: Variable
    startup_command: str = field()
    raw_startup_command: str

    def __repr__(self) -> str:
        return f"VariableUpdate(variable={self.variable!r})"
