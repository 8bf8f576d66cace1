"""/bulk power: several servers at once, each decided and told by itself."""

import asyncio

from demo.panel import SimPanel
from tests.wirecord import Member, Permission, Role, Shown
from tests.world import World, private, public


def powers(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if asked.endswith("/power")]


def offered(shown: Shown) -> dict[str, str]:
    """Names and values of the first select."""
    found: dict[str, str] = {}

    def walk(parts: object) -> None:
        for part in parts if isinstance(parts, list) else []:
            if part.get("type") == 3 and not found:
                found.update({one["label"]: one["value"] for one in part["options"]})
            walk(part.get("components"))

    walk(shown.message.get("components"))
    return found


async def question(roost: World, mia: Member, *names: str, action: str = "restart") -> Shown:
    shown = await mia.slash(roost.channel, "bulk power", action=action, reason="patch")
    await private(shown)
    ids = offered(shown)
    chosen = await mia.select(shown.message, [ids[name] for name in names])
    await chosen.until(lambda: "valid for" in str(chosen.message))
    return chosen


def staff(roost: World) -> Role:
    return roost.guild.role("Staff", Permission.MANAGE_MESSAGES)


async def test_each_server_gets_one_line_in_one_public_message(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights={"control.restart"})
    asked = await question(roost, mia, "Survival", "Lobby")
    assert "**Survival**" in asked.text
    assert "**Lobby**" in asked.text
    assert powers(panel) == []

    await mia.click(asked.message, label="Restart 2 servers")

    said = await roost.posted("2 of 2 done")
    assert "**Mia** restarts 2 servers: *patch*" in said
    assert "**Survival** is running" in said
    assert "**Lobby** is running" in said
    assert len(public(roost.channel)) == 1
    assert len(powers(panel)) == 2


async def test_only_servers_on_which_it_may_be_done_are_offered(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights={"control.stop"}, server="Lobby")

    shown = await mia.slash(roost.channel, "bulk power", action="stop")

    await private(shown)
    assert set(offered(shown)) == {"Lobby"}
    nothing = await mia.slash(roost.channel, "bulk power", action="start")
    assert "no server on which you may" in await private(nothing)


async def test_what_is_no_longer_allowed_at_the_click_is_left_out(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights={"control.restart"})
    asked = await question(roost, mia, "Survival", "Lobby")
    await roost.deny(mia, "control.restart", server="Survival")

    await mia.click(asked.message, label="Restart 2 servers")

    said = await roost.posted("2 of 2 done")
    assert "⛔ **Survival**: left out" in said
    assert "**Lobby** is running" in said
    assert len(powers(panel)) == 1


async def test_one_failure_ends_nobody_else_s_work_and_its_words_stay_private(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").set_state("suspended")
    mia = await roost.member("mia", staff(roost), rights={"control.restart"})
    asked = await question(roost, mia, "Survival", "Lobby")

    done = await mia.click(asked.message, label="Restart 2 servers")

    said = await roost.posted("2 of 2 done")
    assert "🔴 **Survival**: it failed, nothing was changed" in said
    assert "**Lobby** is running" in said
    await done.until(lambda: "suspended" in done.text)
    assert "suspended" not in said


async def test_a_double_click_restarts_once(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights={"control.restart"})
    asked = await question(roost, mia, "Lobby")

    await asyncio.gather(
        mia.click(asked.message, label="Restart 1 server"),
        mia.click(asked.message, label="Restart 1 server"),
    )

    await roost.posted("1 of 1 done")
    assert len(powers(panel)) == 1


async def test_a_group_stands_for_its_servers(roost: World, panel: SimPanel) -> None:
    settings = await roost.admin.slash(roost.channel, "config", page="servers")
    await private(settings)
    form = await roost.admin.click(settings.message, label="New group …")
    made = await roost.admin.submit(form, "Evening")
    await made.until(lambda: "Evening" in made.text)
    servers = {s.name: s.id for s in roost.app.parts.directory.of(int(roost.guild.id))}
    filled = await roost.admin.select(made.message, [servers["Lobby"]])
    await filled.until(lambda: "**Lobby**" in filled.text)
    mia = await roost.member("mia", staff(roost), rights={"control.restart"})
    shown = await mia.slash(roost.channel, "bulk power", action="restart")
    await private(shown)
    book = roost.app.parts.gate.book(int(roost.guild.id))
    (group_id,) = book.settings.groups

    (select,) = [
        custom_id for custom_id in _ids(shown.message) if custom_id.startswith("r:bulk-group:")
    ]
    asked = await mia.select(shown.message, [group_id], custom_id=select)

    await asked.until(lambda: "Restarting 1 server" in asked.text)
    await mia.click(asked.message, label="Restart 1 server")
    await roost.posted("1 of 1 done")


async def test_somebody_else_s_choice_is_not_taken(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights={"control.restart"})
    tom = await roost.member("tom", staff(roost), rights={"control.restart"})
    shown = await mia.slash(roost.channel, "bulk power", action="restart")
    await private(shown)
    ids = offered(shown)
    forged = dict(shown.message) | {"_seen_by": None}

    answer = await tom.select(forged, [ids["Lobby"]])

    await answer.until(lambda: "too old" in answer.text)
    assert powers(panel) == []


def _ids(message: object) -> list[str]:
    found: list[str] = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            if "custom_id" in part:
                found.append(str(part["custom_id"]))
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for one in part:
                walk(one)

    walk(message)
    return found
