"""The world of a test: the running bot, a guild of its own, a panel, and what members see.

    async def test_a_member_is_told_when_a_server_is_up(roost: World) -> None:
        mia = await roost.member("mia", rights={"control.start"})

        shown = await mia.slash(roost.channel, "power start", server="Creative")

        assert "Creative" in await private(shown)
        await roost.posted("is running")

Everything is done as people do it: the panel is connected by `/panel add` and rights are given by
`/access grant`, through Discord.
"""

import base64
from collections.abc import Iterable
from pathlib import Path

from bot.app import App
from bot.config import (
    Config,
    DatabaseSettings,
    DiscordSettings,
    LimitSettings,
    NetworkSettings,
    SecretSettings,
)
from bot.secret import Secret
from bot.store.guilds import GuildSettings
from bot.ui.settings import setting_of
from demo.panel import SimPanel
from tests.wirecord import (
    Channel,
    Member,
    Permission,
    Role,
    Shown,
    Wire,
    eventually,
    is_public,
    text_of,
)

A_MINUTE = 300
COSTLY_A_MINUTE = 60
MASTER_KEY = base64.b64encode(bytes(range(32))).decode()


def config(wire: Wire, folder: Path) -> Config:
    """The bot's settings in tests: this Discord, a database in `folder`, panels on this machine."""
    return Config(
        discord=DiscordSettings(token=Secret(wire.token)),
        database=DatabaseSettings(path=folder / "roost.db"),
        secret=SecretSettings(key=Secret(MASTER_KEY)),
        network=NetworkSettings(allow=("127.0.0.0/8",), allow_http=True),
        limits=LimitSettings(interactions_per_minute=A_MINUTE, costly_per_minute=COSTLY_A_MINUTE),
    )


class World:
    """A guild with the bot in it.

    `admin` has Manage Server, `mods` is a role below it, `channel` is where things happen.
    """

    def __init__(self, wire: Wire, app: App) -> None:
        self.wire = wire
        self.app = app
        self.guild = wire.guild("Nova")
        self.channel: Channel = self.guild.channel("ops")
        self.mods: Role = self.guild.role("Mods")  # later made = higher, so below the admins
        admins = self.guild.role("Admins", Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES)
        self.admin: Member = self.guild.member("boss", admins)

    async def open(self) -> None:
        """Invite the bot and wait until it is at home."""
        guild_id = int(self.guild.id)
        await self.guild.announce()
        await eventually(lambda: guild_id in self.app.guilds.here)

    async def close(self) -> None:
        """Throw the bot out, so that nothing of this guild goes on behind the next test."""
        guild_id = int(self.guild.id)
        await self.guild.kick_bot()
        await eventually(
            lambda: guild_id not in self.app.guilds.here and not self.app.guilds._loading.locked()
        )

    async def connect(self, panel: SimPanel, *, account: str = "alice", name: str = "Nova") -> None:
        """Connect a panel with the key of one of its accounts, as the admin does.

        Raises:
            AssertionError: The bot did not take it; says what it answered.
        """
        form = await self.admin.slash(self.channel, "panel add")
        shown = await self.admin.submit(form, name, panel.url, panel.key(account))
        said = await private(shown)
        listed = await private(await self.admin.slash(self.channel, "panel list"))
        assert name in listed, said

    async def refresh(self) -> None:
        """Read the panels' lists again, as the bot does from time to time."""
        guild_id = int(self.guild.id)
        for panel in self.app.parts.panels.of(guild_id):
            await self.app.parts.panels.refresh(guild_id, panel.id)

    async def member(
        self,
        name: str,
        *roles: Role,
        rights: Iterable[str] = (),
        denied: Iterable[str] = (),
        server: str | None = None,
    ) -> Member:
        """A member with grants and denials of their own; on all servers if none is named."""
        member = self.guild.member(name, *roles)
        await self.grant(member, *rights, server=server)
        await self.deny(member, *denied, server=server)
        return member

    async def grant(self, to: Member | Role, *rights: str, server: str | None = None) -> None:
        """Give rights (or presets) to a member or a role, as the admin does."""
        await self._rule("grant", to, rights, server)

    async def deny(self, to: Member | Role, *rights: str, server: str | None = None) -> None:
        """Deny rights to a member or a role, as the admin does."""
        await self._rule("deny", to, rights, server)

    async def _rule(
        self, kind: str, to: Member | Role, rights: Iterable[str], server: str | None
    ) -> None:
        options: dict[str, object] = {"role" if isinstance(to, Role) else "member": to}
        if server is not None:
            options["server"] = server
        for right in sorted(rights):
            command = f"access {kind}"
            shown = await self.admin.slash(self.channel, command, right=right, **options)
            said = await private(shown)
            assert "Set on" in said, said

    async def switch(self, key: str) -> None:
        """Switch a setting on or off in `/config`, as the admin does."""
        shown = await self._config(key)
        await self.admin.click(shown.message, custom_id=f"r:config-flip:{key}")
        await self._changed(shown, key)

    async def choose(self, key: str, value: str) -> None:
        """Pick a value of a setting in `/config`, as the admin does."""
        shown = await self._config(key)
        await self.admin.select(shown.message, [value], custom_id=f"r:config-choose:{key}")
        await self._changed(shown, key)

    async def place(self, key: str, channel: Channel) -> None:
        """Pick a channel of a setting in `/config`, as the admin does."""
        shown = await self._config(key)
        await self.admin.select(shown.message, [channel.id], custom_id=f"r:config-place:{key}")
        await self._changed(shown, key)

    async def enter(self, key: str, text: str) -> str:
        """Type a setting into its form of `/config`; returns what the admin is shown then."""
        shown = await self._config(key)
        form = await self.admin.click(shown.message, custom_id=f"r:config-enter:{key}")
        sent = await self.admin.submit(form, text)
        return await private(await sent.answered())

    async def bind(self, channel: Channel, server: str) -> None:
        """Let a channel stand for a server in `/config`, as the admin does."""
        shown = await self.admin.slash(self.channel, "config", page="channels")
        await private(shown)
        card = await self.admin.select(shown.message, [channel.id], custom_id="r:config-channel")
        await card.until(lambda: "stands for no server" in card.text)
        gate, guild_id = self.app.parts.gate, int(self.guild.id)
        (found,) = self.app.parts.directory.find(guild_id, server)
        done = await self.admin.select(card.message, [found.id])
        await done.until(lambda: gate.bound(guild_id, int(channel.id)) == found.id)

    async def _config(self, key: str) -> Shown:
        found = setting_of(key)
        assert found is not None, f"no setting {key}"
        self._held = getattr(self._settings(), key)
        shown = await self.admin.slash(self.channel, "config", page=found[0].key)
        await private(shown)
        return shown

    async def _changed(self, shown: Shown, key: str) -> None:
        await shown.until(lambda: getattr(self._settings(), key) != self._held)

    def _settings(self) -> GuildSettings:
        return self.app.parts.gate.book(int(self.guild.id)).settings

    async def posted(self, text: str, *, timeout: float = 20) -> str:
        """Wait until a public message of the channel has `text` in it, and return its text."""
        found = await eventually(
            lambda: [said for said in public(self.channel) if text in said], timeout
        )
        return found[-1]


async def private(shown: Shown) -> str:
    """What the member alone was told, once an answer stands there.

    Raises:
        AssertionError: Something of it was for everybody to see.
    """
    await shown.settled()
    assert not any(is_public(message) for message in shown.messages), shown.text
    return shown.text


def public(channel: Channel) -> list[str]:
    """What everybody in a channel sees: the text of each message, oldest first."""
    return [text_of(message) for message in channel.public()]
