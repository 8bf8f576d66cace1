"""/audit: what was done is found, exported, and can't be changed unseen."""

import asyncio
import csv
import io
import json
import re

from sqlalchemy import text

from bot.access.rights import RIGHTS
from bot.store import audit as rows
from bot.store.audit import NewEntry
from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.commands.community import allow
from tests.wirecord import Permission, Shown, components_of
from tests.world import World, private, public


async def acted(roost: World) -> None:
    """Mia restarts a server with a reason, and is refused another thing."""
    mia = await roost.member("mia", rights={"control.start"})
    done = await mia.slash(roost.channel, "power start", server="Creative", reason="=party")
    await done.until(lambda: "is running" in done.text)
    no = await mia.slash(roost.channel, "power stop", server="Creative")
    await no.until(lambda: "You can't" in no.text)


async def ask(world: World, command: str, **options: object) -> str:
    return await private(await world.admin.slash(world.channel, command, **options))


def files_of(roost: World, shown: Shown) -> dict[str, bytes]:
    return {
        one["filename"].rpartition(".")[2]: roost.wire.files[one["id"]]
        for one in shown.message["attachments"]
    }


async def test_an_action_and_its_result_are_one_line_with_who_where_why_and_reference(
    roost: World, panel: SimPanel
) -> None:
    await acted(roost)

    said = await ask(roost, "audit list", action="power start")

    (mia,) = [one for one in roost.guild.members.values() if one.name == "mia"]
    assert re.search(rf"<@{mia.id}> </power start:\d+> · \*\*Creative\*\*", said)
    assert "done" in said
    assert "party" in said
    assert said.count("`R-") == 1


async def test_the_record_speaks_the_language_of_who_reads_it(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="approval", member_pause_minutes=60))
    mia = await roost.member("mia")
    tom = await roost.member("tom", rights={"control.restart", "websocket.connect"})
    shown = await mia.slash(roost.channel, "power restart", server="Survival")
    await private(shown)
    await mia.click(shown.message, label="Ask for it")
    await roost.posted("Approve: ")
    await private(await tom.click(roost.channel.public()[-1], label="Decline"))
    await roost.posted("declined")
    again = await mia.slash(roost.channel, "power restart", server="Survival")
    await again.until(lambda: "Nothing was done" in again.text)

    async with asyncio.timeout(20):  # a refusal is written beside its answer
        while "refused" not in (english := await ask(roost, "audit list")):
            pass
    roost.admin.locale = "de"
    german = await ask(roost, "audit list")

    assert "refused: pause of the member" in english
    assert "answer to a request" in english
    assert "/vote" not in english  # there is no such command
    assert "abgelehnt: Pause des Mitglieds" in german
    assert "nicht zugestimmt" in german
    assert "declined" not in german
    assert "Antwort auf eine Anfrage" in german


async def test_servers_groups_and_roles_in_details_are_told_by_their_names(
    roost: World, panel: SimPanel
) -> None:
    await roost.grant(roost.mods, "control.start", server="Survival")
    await allow(roost, "restart", Terms(role_id=int(roost.mods.id)))
    shown = await roost.admin.slash(roost.channel, "policy clear", action="restart")
    await private(shown)
    await private(await roost.admin.click(shown.message, label="Clear"))

    said = await ask(roost, "audit list")

    assert "role \\@Mods\\: control.start on Survival" in said
    (survival,) = roost.app.parts.directory.find(int(roost.guild.id), "Survival")
    assert survival.id not in said
    listed = await roost.admin.slash(roost.channel, "audit list", action="access grant")
    await private(listed)
    select = next(one for one in components_of(listed.message["components"]) if one.get("options"))
    closer = await roost.admin.select(listed.message, [select["options"][0]["value"]])
    assert "`role @Mods: control.start on Survival`" in await private(closer)


async def test_refusals_are_in_the_list(roost: World, panel: SimPanel) -> None:
    await acted(roost)

    said = await ask(roost, "audit list", action="power stop")

    while "No entry fits" in said:  # a refusal is answered before it is on the disk
        said = await ask(roost, "audit list", action="power stop")
    assert "⛔" in said
    assert "refused: no grant" in said


async def test_the_list_is_narrowed_by_member_server_and_time(
    roost: World, panel: SimPanel
) -> None:
    await acted(roost)

    assert "/power start" not in await ask(roost, "audit list", member=roost.admin)
    assert "No entry fits" in await ask(roost, "audit list", server="Survival")
    assert "/power start" in await ask(roost, "audit list", server="Creative", since="7d")


async def test_a_length_of_time_that_is_none_is_told(roost: World) -> None:
    for since in ("yesterday", "0d", "400d", "-1h"):
        assert "no length of time" in await ask(roost, "audit list", since=since)


async def test_an_intent_without_a_result_is_unknown_and_closed_at_the_next_start(
    roost: World, panel: SimPanel
) -> None:
    guild_id = int(roost.guild.id)
    intent = NewEntry(kind="intent", reference="R-LOST", actor_id=7, action="power kill")
    async with roost.app.parts.database.write() as session:
        await rows.append(session, guild_id=guild_id, entry=intent, now=roost.app.parts.clock.now())
    before = await ask(roost, "audit list", action="power kill")

    closed = await roost.app.parts.audit.close_unfinished(guild_id)

    assert "unknown: no result yet" in before
    assert closed == 1
    after = await ask(roost, "audit list", action="power kill")
    assert "unknown" in after
    assert "the bot stopped" in after
    assert await roost.app.parts.audit.close_unfinished(guild_id) == 0


async def test_long_lists_are_leafed_through_with_their_filter(roost: World) -> None:
    await roost.grant(roost.mods, *RIGHTS[:12])
    shown = await roost.admin.slash(
        roost.channel, "audit list", member=roost.admin, action="access grant", since="1d"
    )
    assert "page 1 of 2" in await private(shown)

    turned = await roost.admin.click(shown.message, label="Next")

    await turned.until(lambda: "page 2 of 2" in turned.text)
    assert "`/panel add`" not in turned.text


async def test_the_export_holds_every_entry_and_no_cell_is_a_formula(
    roost: World, panel: SimPanel
) -> None:
    await acted(roost)

    shown = await roost.admin.slash(roost.channel, "audit export")

    await private(shown)
    await shown.until(lambda: shown.message.get("attachments"))
    files = files_of(roost, shown)
    objects = json.loads(files["json"])
    table = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert [one["hash"] for one in objects] == [one["hash"] for one in table]
    assert [one["seq"] for one in objects] == list(range(1, len(objects) + 1))
    (intent,) = [one for one in table if one["kind"] == "intent"]
    assert intent["why"] == "'=party"
    assert intent["server"] == "Creative"
    assert all(one["actor_id"] is None or one["actor_id"].isdecimal() for one in objects)
    assert panel.key("alice")[16:] not in (files["json"] + files["csv"]).decode()


async def test_an_untouched_record_is_intact_and_a_changed_entry_is_named(
    roost: World, panel: SimPanel
) -> None:
    await acted(roost)
    assert "is intact" in await ask(roost, "audit verify")

    async with roost.app.parts.database.write() as session:
        await session.execute(
            text("update audit set outcome = 'done' where kind = 'refusal' and guild_id = :guild"),
            {"guild": int(roost.guild.id)},
        )

    said = await ask(roost, "audit verify")
    assert "doesn't hold" in said
    assert "it was changed" in said


async def test_a_record_rewritten_to_its_end_is_caught_by_the_posted_head(
    roost: World, panel: SimPanel
) -> None:
    await acted(roost)
    await ask(roost, "audit channel", channel=roost.channel)
    posted = next(one for one in public(roost.channel) if "Audit trail:" in one)
    head = posted.split("`")[1]
    assert "is the one that was posted" in await ask(roost, "audit verify", head=head)

    seq, _colon, digest = head.partition(":")
    forged = f"{seq}:{digest[::-1]}"

    assert "not the entry that was witnessed" in await ask(roost, "audit verify", head=forged)
    assert "missing at the end" in await ask(roost, "audit verify", head=f"999:{digest}")
    assert "That is no head" in await ask(roost, "audit verify", head="12")


async def test_a_channel_the_bot_may_not_write_to_is_not_taken(roost: World) -> None:
    await roost.channel.deny(Permission.SEND_MESSAGES)

    said = await ask(roost, "audit channel", channel=roost.channel)

    assert "I can't write in" in said
    assert "posted nowhere" in await ask(roost, "audit channel")


async def test_the_channel_can_be_switched_off(roost: World) -> None:
    shown = await roost.admin.slash(roost.channel, "audit channel", channel=roost.channel)
    assert "posted in" in await private(shown)

    off = await roost.admin.click(shown.message, label="Switch off")

    await off.until(lambda: "posted nowhere" in off.text)
