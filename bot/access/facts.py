"""What a decision is made from: frozen snapshots, taken from memory."""

from datetime import datetime
from enum import Enum
from typing import Final, Literal

from msgspec import Struct

from bot.access.console_rules import ConsoleRule
from bot.access.rules import Rule
from bot.fleet.games import Game
from bot.store.policies import PolicyRule

_SENDING: Final = frozenset({"console run", "Run as console command"})


class Action(Struct, frozen=True):
    """Something a door leads to: its public name and the right it declares."""

    name: str
    """As people type it, without the slash: `power restart`."""
    right: str | None
    """A right of the panel or one of the words of `rights`; None was forgotten and is refused."""
    on_server: bool = False

    @property
    def sends_lines(self) -> bool:
        """Whether it types into the console, so that the guild's console rules speak of it."""
        return self.name in _SENDING


class Actor(Struct, frozen=True):
    """A member at the moment of acting."""

    id: int
    name: str
    role_ids: frozenset[int]
    is_bot: bool = False
    owns_guild: bool = False
    manages_guild: bool = False
    top_role: int = 0
    """Position of the highest role; rules for roles above it are out of reach."""
    joined_at: datetime | None = None
    """Since when they are a member; None where Discord didn't say."""


class Target(Struct, frozen=True):
    """A server, as far as a decision looks at it."""

    id: str
    name: str
    panel_name: str
    key_rights: frozenset[str]
    """What the connected panel key may do there; `*` for an owner."""
    group_ids: frozenset[str] = frozenset()
    """The guild's groups that the server is in."""


class Condition(Enum):
    """A state of the server in which the panel refuses nearly everything (contract: README.md)."""

    SUSPENDED = "suspended"
    INSTALLING = "installing"
    RESTORING = "restoring"
    TRANSFERRING = "transferring"
    MAINTENANCE = "maintenance"


class CommandPermission(Struct, frozen=True):
    """What Discord's own settings say of a command, where they were read."""

    allowed: bool
    by: Literal["administrator", "channel", "member", "role", "everyone", "default"]
    """What decided: a line of the settings, or the command's own default."""
    target_id: int | None = None
    """The channel, member or role of that line."""


class LinkedKey(Struct, frozen=True):
    """A member's own panel key, and what it may do on the target."""

    account: str
    rights: frozenset[str]


class RecipeFacts(Struct, frozen=True):
    """The recipe that an action runs, on the target."""

    is_here: bool
    """Whether it is made for that server, or there at all."""
    may_ask: bool = False
    """Whether who isn't granted it may ask for it."""


class Facts(Struct, frozen=True):
    """Everything `decide` looks at. What is None was not looked at, and the chain says so."""

    action: Action
    actor: Actor
    now: datetime
    admin_role_id: int | None = None
    rules: tuple[Rule, ...] = ()
    """Rules whose subject is the actor, one of their roles or everyone."""
    target: Target | None = None
    sees_any: bool = False
    command_permission: CommandPermission | None = None
    policy: PolicyRule | None = None
    """What the guild lets its community ask for: the one that holds for this action there."""
    asks: bool = False
    """Whether some policy lets the actor ask for something on the target, which they see then."""
    two_person: frozenset[str] = frozenset()
    """Classes of actions to which a second member has to agree."""
    linked: LinkedKey | None = None
    condition: Condition | None = None
    looked_at_condition: bool = False
    console_rules: tuple[ConsoleRule, ...] = ()
    """Those that hold on the target."""
    recipe: RecipeFacts | None = None
    """Only for actions that run one."""
    line: str | None = None
    """What would be typed into the console; None where nothing is, or it isn't known yet."""
    game: Game = Game.GENERIC
