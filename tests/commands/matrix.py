"""What each command takes, written by hand from the command surface: the matrix is held to it.

Nothing here is read from the code it judges. `docs/access-matrix.md` is made of the same table.
"""

from enum import Enum
from typing import Final

ANYONE: Final = "-"
ADMIN: Final = "admin"
SEES_ONE: Final = "sees one"
SEE: Final = "websocket.connect"

RIGHTS: Final[dict[str, str]] = {
    # members
    "server list": SEES_ONE,
    "server info": SEE,
    "server usage": SEE,
    "server join": SEE,
    "power start": "control.start",
    "power stop": "control.stop",
    "power restart": "control.restart",
    "power kill": "control.stop",
    "console run": "control.console",
    "console tail": "control.console",
    "backup list": "backup.read",
    "backup info": "backup.read",
    "backup create": "backup.create",
    "backup download": "backup.download",
    "backup restore": "backup.restore",
    "backup delete": "backup.delete",
    "backup lock": "backup.delete",
    "jobs": ANYONE,
    "do": "recipe.online",
    "why": ANYONE,
    "help": ANYONE,
    "about": ANYONE,
    "privacy": ANYONE,
    "notify": ANYONE,
    "link": ANYONE,
    "unlink": ANYONE,
    # staff
    "files browse": "file.read",
    "files read": "file.read-content",
    "files edit": "file.read-content",
    "files download": "file.read-content",
    "files upload": "file.create",
    "files upload-link": "file.create",
    "files write": "file.create",
    "files rename": "file.update",
    "files move": "file.update",
    "files chmod": "file.update",
    "files copy": "file.create",
    "files mkdir": "file.create",
    "files decompress": "file.create",
    "files pull": "file.create",
    "files delete": "file.delete",
    "files compress": "file.archive",
    "database list": "database.read",
    "database create": "database.create",
    "database rotate": "database.update",
    "database delete": "database.delete",
    "database reveal": "database.view_password",
    "network list": "allocation.read",
    "network add": "allocation.create",
    "network note": "allocation.update",
    "network primary": "allocation.update",
    "network remove": "allocation.delete",
    "startup list": "startup.read",
    "startup set": "startup.update",
    "settings rename": "settings.rename",
    "settings reinstall": "settings.reinstall",
    "settings image": "startup.docker-image",
    "subuser list": "user.read",
    "subuser info": "user.read",
    "subuser add": "user.create",
    "subuser edit": "user.update",
    "subuser remove": "user.delete",
    "schedule list": "schedule.read",
    "schedule show": "schedule.read",
    "schedule create": "schedule.create",
    "schedule edit": "schedule.update",
    "schedule delete": "schedule.delete",
    "schedule run": "schedule.update",
    "schedule toggle": "schedule.update",
    "schedule task-add": "schedule.update",
    "schedule task-edit": "schedule.update",
    "schedule task-remove": "schedule.update",
    "bulk power": SEES_ONE,
    "plan restart": "control.restart",
    "plan backup": "backup.create",
    "plan list": SEES_ONE,
    "plan remove": SEES_ONE,
    # admins
    "setup": ADMIN,
    "config": ADMIN,
    "panel add": ADMIN,
    "panel list": ADMIN,
    "panel test": ADMIN,
    "panel remove": ADMIN,
    "panel rekey": ADMIN,
    "panel rename": ADMIN,
    "panel export": ADMIN,
    "panel import": ADMIN,
    "alerts set": ADMIN,
    "alerts list": ADMIN,
    "alerts remove": ADMIN,
    "alerts test": ADMIN,
    "access grant": ADMIN,
    "access deny": ADMIN,
    "access revoke": ADMIN,
    "access list": ADMIN,
    "access preset": ADMIN,
    "access console": ADMIN,
    "access explain": ADMIN,
    "policy edit": ADMIN,
    "policy list": ADMIN,
    "policy clear": ADMIN,
    "policy simulate": ADMIN,
    "board create": ADMIN,
    "board list": ADMIN,
    "board remove": ADMIN,
    "audit list": ADMIN,
    "mirror create": ADMIN,
    "mirror remove": ADMIN,
    "mirror list": ADMIN,
    "mirror edit": ADMIN,
    "audit channel": ADMIN,
    "audit export": ADMIN,
    "audit verify": ADMIN,
    "account info": ADMIN,
    "account email": ADMIN,
    "account password": ADMIN,
    "account two-factor": ADMIN,
    "account keys": ADMIN,
    "account key-create": ADMIN,
    "account key-delete": ADMIN,
    "account ssh-keys": ADMIN,
    "account ssh-add": ADMIN,
    "account ssh-remove": ADMIN,
    "account activity": ADMIN,
}

BESIDES: Final[dict[str, tuple[str, ...]]] = {"files edit": ("file.create",)}
"""What some need on top of their right."""

VIEWS: Final = frozenset({"server list", "server info", "server usage", "server join"})
"""They show what is known, whatever state the server is in and whether the panel answers."""

OPTIONS: Final[dict[str, object]] = {
    "command": "list",
    "recipe": "online",
    "path": "server.properties",
    "folder": "plugins",
    "name": "thing",
    "url": "https://example.com/a.jar",
    "mode": "644",
    "backup": "nightly",
    "database": "s1_world",
    "allocation": "25566",
    "note": "note",
    "variable": "SERVER_JARFILE",
    "value": "server.jar",
    "image": "ghcr.io/pterodactyl/yolks:java_17",
    "user": "bob",
    "email": "new@example.com",
    "schedule": "restart",
    "plan": "Survival",
    "action": "restart",
    "panel": "Nova",
    "right": "control.start",
    "preset": "viewer",
    "key": "ptlc_0123456789a",
    "fingerprint": "x",
    "remote": "%",
    "minute": "0",
    "hour": "4",
    "payload": "say hi",
    "when": "0 4 * * *",
    "attachment": ("a.txt", b"hello"),
    "file": ("roost.json", b"{}"),
}
"""A value for each option that a command demands."""

MORE_OPTIONS: Final[dict[str, dict[str, object]]] = {
    "settings rename": {"description": "The old world"},
    "plan restart": {"every": "day 04:00"},
    "plan backup": {"every": "day 04:00"},
}
"""Options that Discord doesn't demand, but without which there is nothing to do."""


class Situation(Enum):
    """Who asks about a server, and how that server is."""

    NOTHING = "has no role"
    ELSEWHERE = "may everything on another server"
    HOLDS = "has the right here"
    DENIED = "was denied it here"
    ADMIN_ROLE = "has the admin role"
    MANAGES = "has *Manage Server*"
    KEY_LACKS = "… but the panel's key lacks it"
    SUSPENDED = "… but the server is suspended"
    DOWN = "… but the panel is down"


class Answer(Enum):
    """What comes of it."""

    OPENS = "opens"
    REFUSES = "refused"
    NAMES_THE_KEY = "refused: the key"
    SAYS_SUSPENDED = "says suspended"
    SAYS_DOWN = "says down"


FIRST_ASKED: Final = frozenset(
    {
        "power kill",  # asks before anything is sent
        "plan restart",  # for a time at which the server may be back
        "plan backup",
        "settings reinstall",
        "files write",  # opens its form from memory
        "files upload",
        "files upload-link",
    }
)
"""They ask the member first, so what the panel says comes a step later."""


def expected(command: str, situation: Situation) -> Answer | None:
    """What is to come of a command; None where the situation makes no difference to it."""
    right = RIGHTS[command]
    if right == ANYONE:
        return Answer.OPENS
    if "." not in right:
        return _without_server(right, situation)
    match situation:
        case Situation.HOLDS | Situation.MANAGES:
            return Answer.OPENS
        case Situation.KEY_LACKS:
            return Answer.OPENS if right == SEE else Answer.NAMES_THE_KEY
        case Situation.SUSPENDED | Situation.DOWN if command in VIEWS | FIRST_ASKED:
            return Answer.OPENS
        case Situation.SUSPENDED:
            return Answer.SAYS_SUSPENDED
        case Situation.DOWN:
            return Answer.SAYS_DOWN
    return Answer.REFUSES


def _without_server(right: str, situation: Situation) -> Answer | None:
    opened_by = {
        SEES_ONE: (Situation.ELSEWHERE, Situation.HOLDS, Situation.MANAGES),
        ADMIN: (Situation.ADMIN_ROLE, Situation.MANAGES),
    }
    if situation in opened_by[right]:
        return Answer.OPENS
    if situation in (Situation.NOTHING, Situation.ELSEWHERE, Situation.ADMIN_ROLE):
        return Answer.REFUSES
    return None


def commands_with(situation: Situation, *answers: Answer) -> list[str]:
    """The commands that answer so in a situation."""
    return [command for command in RIGHTS if expected(command, situation) in answers]
