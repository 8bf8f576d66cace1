"""Wirecord: as much of Discord as a bot needs, over real HTTP and a real gateway.

It drives an unmodified discord.py bot, in this event loop or in a process of its own, with real
sockets, in real time, with as many members at once as a test likes; the bot can be killed and
started again while this Discord lives on. Every JSON body the bot sends is held to Discord's own
OpenAPI description and to the limits which that leaves out: what Discord would refuse is refused
with 400/50035 and listed in `wire.violations`.

    async with Wire() as wire:
        wire.attach()
        running = asyncio.create_task(bot.start(wire.token))
        await wire.ready()

        guild = wire.guild("Nova")
        ops, mods = guild.channel("ops"), guild.role("Mods")
        mia, boss = guild.member("mia", mods), guild.member("boss", owner=True)
        await guild.announce()

        shown = await mia.slash(ops, "power restart", server="Survival", reason="lag")
        await shown.until(lambda: "running" in shown.text)
        await mia.click(shown.message, label="Confirm")

In a process of its own: `await wire.launch([python, "-m", "bot", "run"], cwd)`; guilds made before
need no `announce`.

A member: `slash autocomplete click select submit menu say voice give take leave`.
Faults: `wire.fault("POST", "/channels/.*/messages", 429, times=3, retry_after=1)`,
`wire.limit("POST", "/webhooks/[^/]+", 5, per=2.0)` (a bucket with Discord's headers),
`wire.old_edit_limit(3, per=20.0)` with `wire.age(message, 3601)` (30046),
`wire.drop_gateway()`, `wire.gateway_up = False`, `wire.privileged = 0` (intents switched off in
the portal), `wire.forget(message)`, `channel.delete()`, `channel.deny(permissions)` (of the bot,
there), `thread.archive(locked=…)`, `role.delete()`, `guild.kick_bot()`, `shown.expire()` (the 15
minutes are over).

The bot gets the events and the members that its intents allow, has the permissions of
`wire.bot_permissions`, and a session is resumed with what it missed. `message["_pings"]` is whom
a message really notified, `message["_reacted"]` the bot's reactions. Routes it doesn't know answer
404 and are listed in `wire.unsupported`. Not modelled: members' channel overwrites, audio, tags of
forums, scheduled events.
"""

from tests.wirecord.member import Member
from tests.wirecord.message import components_of, is_public, sent, text_of
from tests.wirecord.protocol import BOT_PERMISSIONS, Json, Permission, Refusal
from tests.wirecord.shown import Shown, eventually
from tests.wirecord.spec import Spec
from tests.wirecord.wire import Wire
from tests.wirecord.world import Channel, Guild, Role

__all__ = [
    "BOT_PERMISSIONS",
    "Channel",
    "Guild",
    "Json",
    "Member",
    "Permission",
    "Refusal",
    "Role",
    "Shown",
    "Spec",
    "Wire",
    "components_of",
    "eventually",
    "is_public",
    "sent",
    "text_of",
]
