"""The rest of Discord: events by intents, permissions, faults, limits, the gateway."""

import asyncio
import time
from collections.abc import Callable

import aiohttp
import discord
import pytest

from tests.bench.conftest import Place
from tests.bench.parrot import INTENTS, Parrot
from tests.wirecord import Wire, eventually
from tests.wirecord.protocol import Json, Permission


def _channel(place: Place) -> discord.TextChannel:
    channel = place.bot.get_channel(int(place.channel.id))
    assert isinstance(channel, discord.TextChannel)
    return channel


async def test_a_form_that_discord_would_refuse_is_refused_and_told(place: Place) -> None:
    with pytest.raises(discord.HTTPException) as refused:
        await _channel(place).send("x" * 2001)

    assert (refused.value.status, refused.value.code) == (400, 50035)
    assert "content: " in place.wire.violations.pop()


@pytest.mark.spec
async def test_the_bodies_are_held_to_discords_own_description(place: Place) -> None:
    address = f"{place.wire.base}/api/v10/channels/{place.channel.id}/messages"
    headers = {"Authorization": f"Bot {place.wire.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        body = {"content": "hi", "embeds": [{"title": 5}]}
        async with session.post(address, json=body) as answer:
            assert answer.status == 400
            assert (await answer.json())["code"] == 50035

    assert "embeds/0/title: 5 is not of type" in place.wire.violations.pop()


async def test_an_unknown_route_is_told(place: Place) -> None:
    with pytest.raises(discord.NotFound):
        await place.bot.fetch_soundboard_default_sounds()

    assert place.wire.unsupported.pop() == "GET /soundboard-default-sounds"


async def test_a_wrong_token_is_not_let_in(wire: Wire) -> None:
    async with Parrot() as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.start("wrong")


async def test_privileged_intents_take_the_portal(wire: Wire) -> None:
    wire.privileged = 0
    async with Parrot(intents=INTENTS | discord.Intents(members=True)) as bot:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await bot.start(wire.token)
    wire.privileged = -1


async def test_without_the_intent_contents_are_hidden_but_for_those_that_mention_the_bot(
    place: Place,
) -> None:
    place.bot.seen.clear()
    await place.mia.say(place.channel, "secret")
    await place.mia.say(place.channel, f"<@{place.wire.bot_id}> hello")

    heard = ["message ''", f"message '<@{place.wire.bot_id}> hello'"]
    await eventually(lambda: place.bot.seen == heard)


async def test_without_the_members_intent_no_list_of_members(place: Place) -> None:
    guild = place.bot.get_guild(int(place.guild.id))
    assert guild is not None
    assert [member.id for member in guild.members] == [int(place.wire.bot_id)]
    assert guild.member_count == 2
    counts = await place.bot.http.get_role_member_counts(guild.id)
    assert list(counts.values()) == [1]
    with pytest.raises(discord.Forbidden):
        await place.bot.http.get_members(guild.id, 10, None)
    found = await guild.fetch_member(int(place.mia.id))
    assert found.name == "mia"


async def test_without_the_members_intent_nobody_is_told_who_left(place: Place) -> None:
    boss = place.guild.member("boss")
    place.bot.seen.clear()

    await place.mia.leave()
    await boss.say(place.channel, "bye")

    await eventually(lambda: place.bot.seen)
    assert place.bot.seen == ["message ''"]


async def test_voice_states_come_with_their_intent(place: Place) -> None:
    voice = place.guild.channel("talk", 2)
    place.bot.seen.clear()

    await place.mia.voice(voice)
    await place.mia.voice(None)

    await eventually(lambda: len(place.bot.seen) == 2)
    assert place.bot.seen[1] == "voice mia None"


async def test_an_outage_is_not_a_farewell(place: Place) -> None:
    await eventually(lambda: f"join {place.guild.name}" in place.bot.seen)
    place.bot.seen.clear()

    await place.guild.kick_bot(unavailable=True)
    await eventually(lambda: place.bot.seen == [f"unavailable {place.guild.name}"])
    await place.guild.announce()
    await place.guild.kick_bot()

    await eventually(lambda: place.bot.seen[-1] == f"remove {place.guild.name}")
    assert place.bot.seen.count(f"join {place.guild.name}") == 0


async def test_the_bot_has_no_more_permissions_than_it_was_given(place: Place) -> None:
    channel = _channel(place)
    message = await channel.send("one")

    await place.channel.deny(Permission.SEND_MESSAGES)
    with pytest.raises(discord.Forbidden, match="50013"):
        await channel.send("two")
    await place.channel.deny(Permission.VIEW_CHANNEL)
    with pytest.raises(discord.Forbidden, match="50001"):
        await message.fetch()
    await place.channel.deny(0)
    await channel.send("three")

    await place.channel.delete()
    with pytest.raises(discord.NotFound, match="10003"):
        await channel.send("four")


async def test_a_deleted_message_is_gone_for_the_bot(place: Place) -> None:
    message = await _channel(place).send("one")

    await place.wire.forget(place.channel.public()[0])

    with pytest.raises(discord.NotFound, match="10008"):
        await message.edit(content="two")


async def test_faults_are_played_as_often_as_asked(place: Place) -> None:
    place.wire.fault("POST", f"/channels/{place.channel.id}/messages", 403, times=2, code=50013)

    for _ in range(2):
        with pytest.raises(discord.Forbidden):
            await _channel(place).send("no")
    await _channel(place).send("yes")

    assert place.channel.texts() == ["yes"]


async def test_a_429_is_waited_for_by_discord_py(place: Place) -> None:
    path = f"/channels/{place.channel.id}/messages"
    place.wire.fault("POST", path, 429, retry_after=0.2)

    await _channel(place).send("patience")

    first, second = [entry for entry in place.wire.log if entry["path"] == path][-2:]
    assert (first["status"], second["status"]) == (429, 200)
    assert second["at"] - first["at"] >= 0.2


async def test_a_bucket_tells_its_limit_so_that_discord_py_keeps_it(place: Place) -> None:
    place.wire.limit("POST", f"/channels/{place.channel.id}/messages", 2, per=0.4)
    started = time.monotonic()

    await asyncio.gather(*(_channel(place).send(str(number)) for number in range(5)))

    assert time.monotonic() - started >= 0.8
    assert len(place.channel.public()) == 5


async def test_edits_of_messages_over_an_hour_old_are_limited(place: Place) -> None:
    place.wire.old_edit_limit(2, per=0.3)
    old, new = await _channel(place).send("old"), await _channel(place).send("new")
    place.wire.age(place.channel.messages[str(old.id)], 3601)

    for number in range(4):
        await new.edit(content=f"new {number}")
        await old.edit(content=f"old {number}")

    path = f"/channels/{place.channel.id}/messages/{old.id}"
    statuses = [e["status"] for e in place.wire.log if e["path"] == path]
    assert 429 in statuses
    assert statuses.count(200) == 4
    assert place.channel.texts() == ["old 3", "new 3"]


async def test_a_channel_is_renamed_at_most_twice_in_ten_minutes(place: Place) -> None:
    answers = []
    headers = {"Authorization": f"Bot {place.wire.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for name in ("a", "b", "c"):
            address = f"{place.wire.base}/api/v10/channels/{place.channel.id}"
            async with session.patch(address, json={"name": name}) as answer:
                answers.append((answer.status, float(answer.headers.get("Retry-After", 0)) > 500))

    assert answers == [(200, False), (200, False), (429, True)]
    assert place.channel.name == "b"


async def test_webhooks_post_under_other_names_but_not_under_discords(place: Place) -> None:
    hook = await _channel(place).create_webhook(name="Console")

    message = await hook.send("line", username="Survival", wait=True)
    await hook.edit_message(message.id, content="line ×2")
    with pytest.raises(discord.HTTPException, match="50035"):
        await hook.send("x", username="Discord")
    place.wire.violations.clear()

    [posted] = place.channel.public()
    assert (posted["author"]["username"], posted["content"]) == ("Survival", "line ×2")
    await hook.delete()
    with pytest.raises(discord.NotFound):
        await hook.send("x")


async def test_a_channel_has_at_most_fifteen_webhooks(place: Place) -> None:
    for number in range(15):
        await _channel(place).create_webhook(name=f"hook {number}")

    with pytest.raises(discord.HTTPException, match="30007"):
        await _channel(place).create_webhook(name="one more")


async def test_threads_pins_reactions_and_replies(place: Place) -> None:
    message = await _channel(place).send("incident")

    thread = await message.create_thread(name="what happened")
    await thread.send("this")
    await message.pin()
    await message.add_reaction("✅")
    reply = await message.reply("done")

    stored = place.channel.messages[str(message.id)]
    assert stored["_reacted"] == ["✅"]
    assert [pin.id async for pin in message.channel.pins()] == [message.id]
    assert place.guild.channels[str(thread.id)].texts() == ["this"]
    assert reply.reference is not None
    await message.remove_reaction("✅", place.bot.user or discord.Object(0))
    assert stored["_reacted"] == []


async def test_direct_messages_need_an_open_door(place: Place) -> None:
    guild = place.bot.get_guild(int(place.guild.id))
    assert guild is not None
    member = await guild.fetch_member(int(place.mia.id))

    await member.send("psst")
    place.mia.dms_closed = True
    with pytest.raises(discord.Forbidden, match="50007"):
        await member.send("psst")

    assert place.wire.direct[place.mia.id].texts() == ["psst"]


async def test_the_audit_log_says_who_gave_a_role(place: Place) -> None:
    boss, role = place.guild.member("boss"), place.guild.role("Mods")
    await place.mia.give(role, by=boss)

    guild = place.bot.get_guild(int(place.guild.id))
    assert guild is not None
    kind = discord.AuditLogAction.member_role_update
    entries = [entry async for entry in guild.audit_logs(action=kind)]

    assert [entry.user_id for entry in entries] == [int(boss.id)]


async def test_commands_keep_their_ids_as_long_as_their_names(place: Place) -> None:
    before = {command["name"]: command["id"] for command in place.wire.commands["global"]}

    await place.bot.tree.sync()

    assert {c["name"]: c["id"] for c in place.wire.commands["global"]} == before


async def test_a_session_is_resumed_with_what_it_missed(place: Place) -> None:
    place.bot.seen.clear()
    resumes = place.wire.resumes

    await place.wire.drop_gateway()
    await place.mia.say(place.channel, f"<@{place.wire.bot_id}> while you were away")
    await place.wire.ready()

    await eventually(lambda: place.bot.seen)
    assert place.wire.resumes == resumes + 1
    assert "while you were away" in place.bot.seen[0]
    shown = await place.mia.slash(place.channel, "shout", text="back")
    assert shown.text == "back"


async def test_a_gateway_that_is_down_is_tried_again(
    place: Place, expected_errors: Callable[[str], None]
) -> None:
    expected_errors("Attempting a reconnect")
    place.wire.gateway_up = False
    await place.wire.drop_gateway()
    await asyncio.wait_for(_asked_again(place), 10)
    place.wire.gateway_up = True

    await place.wire.ready()


async def _asked_again(place: Place) -> None:
    while not place.wire.turned_away:
        await asyncio.sleep(0.02)


async def test_the_log_of_requests_keeps_what_was_sent(place: Place) -> None:
    await _channel(place).send("kept")

    entry: Json = place.wire.log[-1]
    assert entry["body"]["content"] == "kept"
    assert (entry["method"], entry["status"], entry["files"]) == ("POST", 200, [])
