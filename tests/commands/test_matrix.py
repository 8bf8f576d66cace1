"""Right or nothing: every command for everybody, against a table written by hand."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.panel import SimPanel
from tests.commands.matrix import (
    BESIDES,
    MORE_OPTIONS,
    OPTIONS,
    RIGHTS,
    SEE,
    Answer,
    Situation,
    commands_with,
    expected,
)
from tests.wirecord import Member, Role, Shown, Wire, eventually
from tests.world import World, private

SERVER = "Survival"
OTHER = "Creative"
ONLINE = "list"
"""The template of a recipe `online`, which every guild here has."""
REFUSED = ("You can't use", "is for admins", "no server here that you may see", "I found no server")
NUMBER, USER, ROLE = 4, 6, 8


@pytest.fixture
async def guild(guild: World) -> World:
    await _recipe(guild)
    return guild


async def test_the_table_names_every_command_and_no_other(roost: World) -> None:
    assert set(_leaves(roost.wire)) == set(RIGHTS)


async def test_without_any_role_nothing_opens_but_what_is_for_anyone(
    roost: World, panel: SimPanel
) -> None:
    mia = _shown_everything(roost, "mia")

    answers = await _ask_all(roost, mia)

    _check(answers, Situation.NOTHING)
    assert not _changes(panel)


async def test_a_role_on_another_server_opens_nothing_here(roost: World, panel: SimPanel) -> None:
    mia = _shown_everything(roost, "mia")
    await roost.grant(mia, "*", server=OTHER)

    answers = await _ask_all(roost, mia)

    _check(answers, Situation.ELSEWHERE)
    assert not _changes(panel)


@pytest.mark.parametrize("part", range(4))
async def test_the_one_right_opens_the_command_and_a_denial_shuts_it(
    roost: World, panel: SimPanel, part: int
) -> None:
    servers = [name for name, right in RIGHTS.items() if "." in right][part::4]
    for number, right in enumerate(sorted({RIGHTS[name] for name in servers})):
        mia = _shown_everything(roost, f"mia{number}")
        mine = [name for name in servers if RIGHTS[name] == right]
        more = {one for name in mine for one in BESIDES.get(name, ())}
        await roost.grant(mia, right, *more, server=SERVER)
        opened = await _ask_all(roost, mia, only=mine)
        await roost.deny(mia, right, server=SERVER)
        shut = await _ask_all(roost, mia, only=mine)
        _check(opened, Situation.HOLDS)
        _check(shut, Situation.DENIED)


async def test_the_admin_role_opens_what_is_for_admins_and_no_server(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    await roost.admin.select(shown.message, [roost.mods.id], custom_id="r:config-admin")
    book = roost.app.parts.gate.book
    await eventually(lambda: book(int(roost.guild.id)).admin_role_id == int(roost.mods.id))
    mia = _shown_everything(roost, "mia", roost.mods)

    answers = await _ask_all(roost, mia)

    _check(answers, Situation.ADMIN_ROLE)
    assert not _changes(panel)


async def test_manage_server_opens_everything(roost: World, panel: SimPanel) -> None:
    answers = await _ask_all(roost, roost.admin)

    _check(answers, Situation.MANAGES)


async def test_what_the_panel_key_lacks_is_refused_and_never_sent(
    guild: World, panel: SimPanel
) -> None:
    await guild.connect(panel, account="bob")
    mia = _shown_everything(guild, "mia")
    await guild.grant(mia, "*")

    lacking = commands_with(Situation.KEY_LACKS, Answer.NAMES_THE_KEY)
    lacking = [name for name in lacking if RIGHTS[name] not in _BOBS]
    answers = await _ask_all(guild, mia, only=lacking)

    _check(answers, Situation.KEY_LACKS)
    assert not _changes(panel)


async def test_a_suspended_server_is_told_to_be_suspended(roost: World, panel: SimPanel) -> None:
    mia = _shown_everything(roost, "mia")
    await roost.grant(mia, "*")
    panel.world.server(SERVER).set_state("suspended")

    asked = commands_with(Situation.SUSPENDED, Answer.SAYS_SUSPENDED)
    answers = await _ask_all(roost, mia, only=asked)

    _check(answers, Situation.SUSPENDED)


async def test_a_panel_that_is_down_is_told_to_be_down(roost: World, panel: SimPanel) -> None:
    mia = _shown_everything(roost, "mia")
    await roost.grant(mia, "*")
    panel.fault("maintenance")

    asked = commands_with(Situation.DOWN, Answer.SAYS_DOWN)
    answers = await _ask_all(roost, mia, only=asked)

    _check(answers, Situation.DOWN)


async def _recipe(world: World) -> None:
    shown = await world.admin.slash(world.channel, "access console")
    await private(shown)
    listed = await world.admin.click(shown.message, label="Recipes")
    await listed.until(lambda: "Recipes for" in listed.text)
    form = await world.admin.click(listed.message, label="New recipe …")
    made = await world.admin.submit(form, "online", ONLINE)
    await made.until(lambda: "Who may run it" in made.text)


_BOBS = {"recipe.online", SEE, "control.console", "control.start", "file.read", "file.read-content"}


def _check(answers: dict[str, str], situation: Situation) -> None:
    for name, said in answers.items():
        match expected(name, situation):
            case Answer.OPENS:
                holds = not _is_refused(said)
            case Answer.REFUSES:
                holds = _is_refused(said)
            case Answer.NAMES_THE_KEY:
                holds = "connected here has no right" in said
            case Answer.SAYS_SUSPENDED:
                holds = "suspended" in said
            case Answer.SAYS_DOWN:
                holds = "maintenance" in said or "doesn't answer" in said
            case None:
                holds = True
        assert holds, f"/{name}, who {situation.value}: {said}"


def _changes(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if not asked.startswith("GET ")]


def _shown_everything(world: World, name: str, *roles: Role) -> Member:
    """A member to whom Discord shows every command, as an admin's overrides can."""
    member = world.guild.member(name, *roles)
    member.sees_everything = True
    return member


async def _ask_all(
    world: World, member: Member, *, only: list[str] | None = None
) -> dict[str, str]:
    answers: dict[str, str] = {}
    leaves = _leaves(world.wire)
    for name in only if only is not None else leaves:
        shown = await member.slash(
            world.channel, name, **_options(world, leaves[name]), **MORE_OPTIONS.get(name, {})
        )
        answers[name] = await _said(shown)
    return answers


async def _said(shown: Shown) -> str:
    if shown.modal is not None:
        return f"form: {shown.modal['title']}"
    await shown.answered()
    return shown.text or "files alone"


def _is_refused(said: str) -> bool:
    return any(line in said for line in REFUSED)


def _options(world: World, command: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    people: dict[int, object] = {ROLE: world.mods, USER: world.admin, NUMBER: 1}
    for option in command.get("options") or []:
        name = option["name"]
        if name == "server":
            found[name] = SERVER
        elif option.get("required"):
            choices = option.get("choices")
            value = people.get(option["type"]) or OPTIONS.get(name)
            found[name.replace("-", "__")] = choices[0]["value"] if choices else value
    return found


def _leaves(wire: Wire) -> dict[str, dict[str, Any]]:
    return dict(_walk([one for one in wire.commands["global"] if one["type"] == 1], ""))


def _walk(commands: list[dict[str, Any]], before: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in commands:
        parts = [option for option in one.get("options") or [] if option["type"] in (1, 2)]
        if parts:
            yield from _walk(parts, f"{before}{one['name']} ")
        else:
            yield f"{before}{one['name']}", one
