"""The panel's permission keys and what each lets a subuser do (contract: account.md, catalogue)."""

from typing import Final

CATALOGUE: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "websocket": (
        "Live console and statistics of a server.",
        {"connect": "Open the server's websocket."},
    ),
    "control": (
        "Power and console.",
        {
            "console": "Send commands to the console.",
            "start": "Start the server.",
            "stop": "Stop or kill the server.",
            "restart": "Restart the server.",
        },
    ),
    "user": (
        "Subusers of the server; nobody edits themselves or grants more than they have.",
        {
            "create": "Invite subusers.",
            "read": "See subusers and their rights.",
            "update": "Change the rights of subusers.",
            "delete": "Remove subusers.",
        },
    ),
    "file": (
        "The server's files.",
        {
            "create": "Make files and folders, upload, write.",
            "read": "List folders.",
            "read-content": "Read and download files.",
            "update": "Rename files and change their mode.",
            "delete": "Delete files and folders.",
            "archive": "Pack files.",
            "sftp": "Use SFTP.",
        },
    ),
    "backup": (
        "Backups.",
        {
            "create": "Start a backup.",
            "read": "See backups.",
            "delete": "Delete and lock backups.",
            "download": "Download a backup, with all that is in it.",
            "restore": "Restore a backup, which may delete every file first.",
        },
    ),
    "allocation": (
        "Addresses and ports.",
        {
            "read": "See all allocations; the primary one is always seen.",
            "create": "Assign a further allocation.",
            "update": "Set notes and the primary allocation.",
            "delete": "Give an allocation back.",
        },
    ),
    "startup": (
        "Start-up variables.",
        {
            "read": "See the variables.",
            "update": "Change the variables.",
            "docker-image": "Choose the image.",
        },
    ),
    "database": (
        "Databases.",
        {
            "create": "Make a database.",
            "read": "See databases.",
            "update": "Rotate a password.",
            "delete": "Delete a database.",
            "view_password": "See passwords.",
        },
    ),
    "schedule": (
        "Schedules.",
        {
            "create": "Make schedules.",
            "read": "See schedules.",
            "update": "Change and run schedules, and their tasks.",
            "delete": "Delete schedules.",
        },
    ),
    "settings": (
        "Settings.",
        {"rename": "Rename and describe the server.", "reinstall": "Reinstall the server."},
    ),
    "activity": ("The activity log.", {"read": "Read the activity log."}),
}

EVERY: Final = frozenset(
    f"{group}.{name}" for group, (_, names) in CATALOGUE.items() for name in names
)
ADMINISTRATOR: Final = (
    "*",
    "admin.websocket.errors",
    "admin.websocket.install",
    "admin.websocket.transfer",
)
_PELICAN_MORE: Final = (
    "settings.description",
    "settings.change-icon",
    "mount.read",
    "mount.update",
)


def known(version: str) -> frozenset[str]:
    """The keys a panel of `version` accepts in a grant (contract: pelican.md, permissions)."""
    if version != "pelican":
        return EVERY
    return (EVERY - {"database.view_password"}) | {"database.view-password", *_PELICAN_MORE}
