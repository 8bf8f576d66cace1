"""/access console: lists by preset or by hand, and they hold wherever a line is sent."""

import pytest

from demo.panel import SimPanel
from tests.wirecord import Member
from tests.world import World, private


async def typed(world: World, member: Member, line: str) -> str:
    shown = await member.slash(world.channel, "console run", server="Survival", command=line)
    return await private(shown)


def sent(panel: SimPanel) -> int:
    return sum(asked.endswith("/command") for asked in panel.asked)


async def opened(world: World, **options: object) -> tuple[str, dict[str, object]]:
    shown = await world.admin.slash(world.channel, "access console", **options)
    return await private(shown), shown.message


async def test_a_preset_by_the_image_forbids_and_allows_and_names_the_rule(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.console"})

    said, _ = await opened(roost, server="Survival", preset="by-image")

    assert "Minecraft Java" in said
    assert "Everything else is refused" in said
    refused = await typed(roost, mia, "/minecraft:op mia")
    assert "`minecraft" not in refused
    assert "`op mia` may not be sent to **Survival**" in refused
    assert "forbidden for everyone: `op` (by" in refused
    assert "/access console" in refused
    assert "not on the list" in await typed(roost, mia, "nonsense")
    assert sent(panel) == 0
    assert "Sent to" in await typed(roost, mia, "say hello")
    assert "Sent to" in await typed(roost, roost.admin, "op mia")


async def test_lists_by_hand_hold_for_a_role_and_are_tried_changed_and_deleted(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", roost.mods, rights={"control.console"})
    _, message = await opened(roost)
    form = await roost.admin.click(message, label="Allow …")
    made = await roost.admin.submit(form, "say, list", for_this_role=[roost.mods.id])
    await made.until(lambda: "Allowed for" in made.text)
    assert "not on the list" in await typed(roost, mia, "stop")

    form = await roost.admin.click(made.message, label="Try a line …")
    tried = await roost.admin.submit(form, "stop", by_somebody_with_this_role=[roost.mods.id])
    await tried.until(lambda: "`stop` is refused" in tried.text)

    (rule,) = roost.app.parts.gate.book(int(roost.guild.id)).console
    card = await roost.admin.select(tried.message, [rule.id], custom_id="r:console-rule:all")
    await card.until(lambda: "`list`" in card.text and "Everything" not in card.text)
    form = await roost.admin.click(card.message, label="Change …")
    changed = await roost.admin.submit(form, "stop")
    await changed.until(lambda: "`stop`" in changed.text and "`say`" not in changed.text)
    assert "Sent to" in await typed(roost, mia, "stop")

    (rule,) = roost.app.parts.gate.book(int(roost.guild.id)).console
    card = await roost.admin.select(changed.message, [rule.id], custom_id="r:console-rule:all")
    await card.until(lambda: "Delete the list" in str(card.message))
    gone = await roost.admin.click(card.message, label="Delete the list")
    await gone.until(lambda: "No list yet" in gone.text)


async def test_a_second_preset_asks_before_it_replaces_lists(roost: World, panel: SimPanel) -> None:
    await opened(roost, server="Survival", preset="minecraft-java")

    said, message = await opened(roost, server="Survival", preset="rust")

    assert "give way" in said
    done = await roost.admin.click(message, label="Replace")
    await done.until(lambda: "`server.stop`" in done.text)


async def test_the_lists_hold_for_the_context_menu_and_for_tasks_of_schedules_too(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.console", "schedule.*"})
    mia.sees_everything = True
    await opened(roost, preset="minecraft-java")
    written = await mia.say(roost.channel, "op mia")
    only = await roost.member("tom", rights=())
    await roost.grant(only, "control.console", server="Survival")

    shown = await only.menu(roost.channel, "Run as console command", written)

    assert "`op mia` may not be sent" in await private(shown)
    made = await mia.slash(
        roost.channel, "schedule create", server="Survival", name="Mine", when="4:00"
    )
    await private(made)
    task = await mia.slash(
        roost.channel,
        "schedule task-add",
        server="Survival",
        schedule="Mine",
        action="command",
        payload="op mia",
    )
    assert "`op mia` may not be sent" in await private(task)


async def test_why_tells_of_the_lists(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.console"})
    await opened(roost, preset="minecraft-java")

    shown = await mia.slash(roost.channel, "why", command="console run", server="Survival")

    assert "Not every line may be sent" in await private(shown)
    refused = await mia.slash(roost.channel, "console run", server="Survival", command="op mia")
    await private(refused)
    why = await mia.click(refused.message, label="Why?")
    await why.until(lambda: "Not every line may be sent" in why.text)


@pytest.mark.parametrize(
    ("commands", "says"), [("  ,\n , ", "at least one"), ("x" * 61, "can't be on a list"),
                           (",".join(f"c{n}" for n in range(101)), "at most 100")]
)  # fmt: skip
async def test_a_list_that_can_t_be_is_told_why(
    roost: World, panel: SimPanel, commands: str, says: str
) -> None:
    _, message = await opened(roost)
    form = await roost.admin.click(message, label="Forbid …")

    made = await roost.admin.submit(form, commands)

    await made.until(lambda: says in made.text)


async def test_nobody_loosens_lists_that_bind_themselves(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    await roost.admin.select(shown.message, [roost.mods.id], custom_id="r:config-admin")
    book = roost.app.parts.gate.book
    await shown.until(lambda: book(int(roost.guild.id)).admin_role_id == int(roost.mods.id))
    mia = await roost.member("mia", roost.mods, rights={"control.console"})
    mia.sees_everything = True
    await opened(roost, preset="minecraft-java")
    mine = await mia.slash(roost.channel, "access console")
    await private(mine)
    form = await mia.click(mine.message, label="Allow …")

    tried = await mia.submit(form, "op")

    await tried.until(lambda: "bind you too" in tried.text)
    form = await mia.click(mine.message, label="Forbid …")
    done = await mia.submit(form, "tellraw")
    await done.until(lambda: "Forbidden from now on" in done.text)
