"""Whose consent an action takes, and the consent that was given."""

from collections.abc import Collection
from enum import Enum
from typing import Final

from msgspec import Struct


class Consent(Enum):
    """Whose consent is asked for first."""

    VOTE = "vote"
    APPROVAL = "approval"
    SECOND_PERSON = "second person"


class Agreed(Struct, frozen=True, kw_only=True):
    """What was given: by others, or, where the policy lets it happen at once, by its conditions."""

    consent: Consent | None = None
    """None = the conditions of a policy held, and nobody else was to be asked."""
    by: tuple[int, ...] = ()
    """The members who agreed."""
    said: str = ""
    """How it came about, for the audit."""


class NeedsConsent(Exception):
    """Others have to agree first, or a policy's conditions were not looked at: nothing was done."""

    def __init__(self, consent: Consent | None) -> None:
        super().__init__(consent.value if consent else "conditions")
        self.consent = consent


POLICY_ACTIONS: Final = {
    "power start": "start",
    "power stop": "stop",
    "power restart": "restart",
}
"""The commands that members may be let ask for, and how policies call them. A kill, which takes
the same right as a stop, is none of them."""

POLICY_RIGHTS: Final = {
    "start": "control.start",
    "stop": "control.stop",
    "restart": "control.restart",
    "idle-stop": "control.stop",
}
"""What an admin by role has to hold where they let others ask for it."""

TWO_PERSON_CLASSES: Final = ("kill", "restore", "reinstall", "delete", "write")
_CLASSES: Final = {
    ("power kill", "control.stop"): "kill",
    ("backup restore", "backup.restore"): "restore",
    ("settings reinstall", "settings.reinstall"): "reinstall",
    ("backup delete", "backup.delete"): "delete",
    ("database delete", "database.delete"): "delete",
    ("files delete", "file.delete"): "delete",
    ("files write", "file.create"): "write",
    ("files edit", "file.create"): "write",
    ("files upload", "file.create"): "write",
    ("files upload-link", "file.create"): "write",
    ("files pull", "file.create"): "write",
    ("files decompress", "file.create"): "write",
}
"""By command and right: `/files edit` reads too, which takes nobody else."""


def kills_unasked(*, may_kill: bool, two_person: Collection[str]) -> bool:
    """Whether what doesn't stop is killed on the word of a policy alone.

    That word is one admin's, given beforehand: where a kill takes two it is never enough, and it is
    asked for as if the policy said nothing of it.
    """
    return may_kill and "kill" not in two_person


def covering(classes: Collection[str]) -> tuple[str, ...]:
    """What the two-person rule covers, in its own order."""
    return tuple(one for one in TWO_PERSON_CLASSES if one in classes)


def class_of(action: str, right: str | None) -> str | None:
    """Which class of the two-person rule a command belongs to."""
    return _CLASSES.get((action, right or ""))
