"""Discord's own settings of commands, read as Discord reads them."""

import pytest

from bot.access.command_permissions import Entry, Kind, Settings, Viewer, permission

GUILD, CHANNEL, MIA, MODS, HELPERS, COMMAND = 100, 7, 5, 20, 21, 900
MANAGE_GUILD = 1 << 5
EVERYONE, EVERY_CHANNEL = GUILD, GUILD - 1


def role(target: int, *, allows: bool) -> Entry:
    return Entry(Kind.ROLE, target, allows)


def member(*, allows: bool) -> Entry:
    return Entry(Kind.MEMBER, MIA, allows)


def channel(target: int, *, allows: bool) -> Entry:
    return Entry(Kind.CHANNEL, target, allows)


@pytest.mark.parametrize(
    ("own", "for_all", "default", "permissions", "is_shown", "by"),
    [
        ((), (), None, 0, True, "default"),
        ((), (), MANAGE_GUILD, 0, False, "default"),
        ((), (), MANAGE_GUILD, MANAGE_GUILD, True, "default"),
        ((), (), 0, MANAGE_GUILD, False, "default"),
        ((role(MODS, allows=True),), (), MANAGE_GUILD, 0, True, "role"),
        ((role(EVERYONE, allows=False),), (), None, 0, False, "everyone"),
        ((role(EVERYONE, allows=False), role(MODS, allows=True)), (), None, 0, True, "role"),
        ((role(HELPERS, allows=False), role(MODS, allows=True)), (), None, 0, True, "role"),
        ((member(allows=False), role(MODS, allows=True)), (), None, 0, False, "member"),
        ((), (role(EVERYONE, allows=False),), None, 0, False, "everyone"),
        ((role(MODS, allows=True),), (role(EVERYONE, allows=False),), None, 0, True, "role"),
        ((), (member(allows=True),), MANAGE_GUILD, 0, False, "default"),
        ((channel(CHANNEL, allows=False), member(allows=True)), (), None, 0, False, "channel"),
        ((channel(EVERY_CHANNEL, allows=False),), (), None, 0, False, "channel"),
        (
            (channel(EVERY_CHANNEL, allows=False), channel(CHANNEL, allows=True)),
            (),
            None,
            0,
            True,
            "default",
        ),
        ((), (channel(CHANNEL, allows=False),), None, 0, False, "channel"),
        ((channel(CHANNEL, allows=True),), (channel(CHANNEL, allows=False),), None, 0, True,
         "default"),
        ((channel(CHANNEL, allows=False),), (), None, 1 << 3, True, "administrator"),
    ],
)  # fmt: skip
def test_the_nearer_setting_decides(
    own: tuple[Entry, ...],
    for_all: tuple[Entry, ...],
    default: int | None,
    permissions: int,
    is_shown: bool,
    by: str,
) -> None:
    settings = Settings(GUILD, for_all, {COMMAND: own})
    viewer = Viewer(MIA, frozenset({GUILD, MODS, HELPERS}), permissions, CHANNEL)

    said = permission(settings, COMMAND, default, viewer)

    assert (said.allowed, said.by) == (is_shown, by)


def test_the_owner_is_shown_everything() -> None:
    settings = Settings(GUILD, (member(allows=False),), {})
    viewer = Viewer(MIA, frozenset({GUILD}), 0, CHANNEL, owns_guild=True)

    assert permission(settings, COMMAND, 0, viewer).allowed
