"""Nova, the community of the playground: its people, its panel, and who may do what."""

from collections.abc import Sequence
from typing import Any, Final

import discord
import simcord
from msgspec import structs

from bot.access.facts import Action, Actor
from bot.access.reach import Subject
from bot.access.rights import ADMIN, expanded
from bot.app import App
from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.secret import Secret
from bot.store.alerts import AlertEvent, NewAlert
from bot.store.guilds import QueryPlace
from bot.store.mirrors import MirrorOptions
from bot.ui.doors import new_reference
from demo.panel import SimPanel
from demo.playground import past

PANEL: Final = "Nova"
ACCOUNT: Final = "alice"
GRANTS: Final = (
    # role, right, server or all
    ("Mods", "moderator", None),
    ("Members", "player", None),
    ("Members", "control.restart", "Survival"),
)
RAN_YESTERDAY: Final = ("Survival", "Lobby", "Rust Island")
WELCOME: Final = """\
**Welcome to Nova.** The bot is real; its panel and seven game servers are played on this machine.
- *Viewing as*, above, is who you are: **Mia** is a member, **Max** a moderator, **Ada** an admin.
- Type `/` below, and the first letters of a server. Begin with {server_list} or {server_info}
- Mia may start any server, but restart only **Survival**: {power_restart}
- Refused? Ask {why}. Then let Ada change it with `/access grant`, as Mia doesn't even see that.
- Max may type into a console: {console_run}. Typing `crash` there opens an incident
- What Survival's console says stands in #console. Ada made that by `/mirror create`.
- Ada posts a message that stays true: `/board create`. Charts: {server_usage}\
"""


class Guild:
    """Nova as simcord plays it; built before the bot comes."""

    def __init__(self, env: simcord.Env) -> None:
        self._guild = env.create_guild("Nova")
        self.channel: Final = self._guild.create_text_channel(
            "game-servers", topic="Where Nova's servers are started, stopped and talked about"
        )
        self.console: Final = self._guild.create_text_channel(
            "console", topic="What the console of Survival says, as it says it"
        )
        self.roles: Final[dict[str, Any]] = {
            "Members": self._role("Members", 1),
            "Mods": self._role("Mods", 2, manage_messages=True),
            "Admins": self._role("Admins", 3, manage_messages=True, manage_guild=True),
        }
        self.admin: Final = self._member(env, "Ada", "Admins", "Members")
        self.moderator: Final = self._member(env, "Max", "Mods", "Members")
        self.member: Final = self._member(env, "Mia", "Members")

    @property
    def id(self) -> int:
        """Discord's id of it."""
        number: int = self._guild.id
        return number

    @property
    def people(self) -> Sequence[Any]:
        """Whom a visitor can be."""
        return (self.member, self.moderator, self.admin)

    async def furnish(self, app: App, panel: SimPanel) -> None:
        """Connect the panel, make the grants and say hello, by the bot's own parts."""
        await app.supervisor.run("furnish Nova", self._furnish(app, panel))

    async def _furnish(self, app: App, panel: SimPanel) -> None:
        owner = Actor(
            self._guild.owner.id, "Nova", frozenset(), owns_guild=True, manages_guild=True
        )
        await app.guilds.guild_here(self.id)  # settings are kept for a guild the bot has met
        panels = app.parts.panels
        found = await panels.examine(panel.url, Secret(panel.key(ACCOUNT)))
        await panels.add(self.id, PANEL, found, added_by=owner.id)
        admitted = app.parts.gate.admit(
            self.id, self.channel.id, owner, Action("access grant", ADMIN), new_reference()
        )
        for role, right, server in GRANTS:
            await app.parts.ruling.make(
                admitted,
                Subject("role", self.roles[role].id),
                expanded(right),
                scope=self._server(app, server) if server else None,
                denies=False,
                lasts=None,
                reason="as the playground begins",
            )
        # its alias is a name that only the playground's players could use
        survival = self._server(app, "Survival")
        port = panel.world.server("Survival").primary.port
        asked = QueryPlace(address=f"127.0.0.1:{port}")
        await app.parts.ruling.configure(
            admitted,
            lambda held: structs.replace(held, queries={survival.id: asked}, history=True),
            "players of Survival, and history",
        )
        await app.parts.alerting.alerts.put(
            admitted,
            NewAlert(
                server_id=None,
                event=AlertEvent.CRASH,
                channel_id=self.channel.id,
                role_id=None,
                threshold=None,
                made_by=owner.id,
            ),
        )
        await past.fill(app, self.id, RAN_YESTERDAY)
        await self._mirror(app, owner, survival)
        welcome = Message(_welcome(app.bot.command_ids))
        await app.parts.places.send(self.id, self.channel.id, welcome)

    async def _mirror(self, app: App, owner: Actor, server: Server) -> None:
        action = Action("mirror create", ADMIN, on_server=True)
        admitted = app.parts.gate.admit(
            self.id, self.console.id, owner, action, new_reference(), target=server
        )
        channel = app.bot.get_channel(self.console.id)
        if isinstance(channel, discord.TextChannel):
            await app.parts.mirroring.create(admitted, channel, MirrorOptions())

    def _server(self, app: App, name: str) -> Server:
        (found,) = app.parts.directory.find(self.id, name)
        return found

    def _role(self, name: str, position: int, **permissions: bool) -> Any:
        """A role; those of a higher position are out of reach for the ones below."""
        allowed = discord.Permissions(**permissions) if permissions else None
        return self._guild.create_role(name, permissions=allowed, position=position)

    def _member(self, env: simcord.Env, name: str, *roles: str) -> Any:
        user = env.create_user(name.lower(), global_name=name)
        return self._guild.add_member(user, roles=[self.roles[role] for role in roles])


def _welcome(command_ids: dict[str, int]) -> str:
    """The first message, its commands clickable."""

    def mention(command: str) -> str:
        return f"</{command}:{command_ids[command.partition(' ')[0]]}>"

    return WELCOME.format(
        server_list=mention("server list"),
        server_info=mention("server info"),
        power_restart=mention("power restart"),
        console_run=mention("console run"),
        server_usage=mention("server usage"),
        why=mention("why"),
    )
