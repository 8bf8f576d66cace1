"""A small discord.py bot that knows nothing of Wirecord; run as a script it is one of its own.

Its commands do what their names say; they exist to try one thing of Discord each.
"""

import asyncio
import contextlib
import io
import os
import re
from typing import Any, Self

import discord
from discord import app_commands, ui

INTENTS = discord.Intents(guilds=True, guild_messages=True, voice_states=True)


class Kept(ui.DynamicItem[ui.Button[Any]], template=r"kept:(?P<number>\d+)"):
    """A button that also works on messages of an earlier run."""

    def __init__(self, number: int) -> None:
        super().__init__(ui.Button(label="Keep", custom_id=f"kept:{number}"))
        self._number = number

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        return cls(int(match["number"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"kept {self._number}", ephemeral=True)


class Buttons(ui.View):
    """Components for one run: a button that changes its message, and a select."""

    @ui.button(label="Change")
    async def change(self, interaction: discord.Interaction, button: ui.Button[Self]) -> None:
        await interaction.response.edit_message(content="changed", view=None)

    @ui.button(label="Grey", disabled=True)
    async def grey(self, interaction: discord.Interaction, button: ui.Button[Self]) -> None:
        raise AssertionError("a disabled button was pressed")

    @ui.select(
        placeholder="Colours",
        max_values=2,
        options=[discord.SelectOption(label=c.title(), value=c) for c in ("red", "blue", "green")],
    )
    async def colours(self, interaction: discord.Interaction, select: ui.Select[Self]) -> None:
        await interaction.response.send_message("+".join(select.values), ephemeral=True)


class Form(ui.Modal, title="A form"):
    """A modal with a text that must be given, one that may, and a select in a label."""

    name = ui.TextInput[Self](label="Your name", max_length=10)
    why = ui.TextInput[Self](label="Why", required=False, default="no reason")
    colour = ui.Label[Self](
        text="Colour",
        component=ui.Select[Self](
            options=[discord.SelectOption(label="Red"), discord.SelectOption(label="Blue")]
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        select = self.colour.component
        chosen = select.values[0] if isinstance(select, ui.Select) else "?"
        text = f"{self.name.value}, {self.why.value}, {chosen}"
        await interaction.response.send_message(text, ephemeral=True)


class Parrot(discord.Client):
    """The bot."""

    def __init__(self, *, intents: discord.Intents = INTENTS) -> None:
        super().__init__(
            intents=intents,
            guild_ready_timeout=0.05,
            allowed_mentions=discord.AllowedMentions(everyone=False, roles=True, users=True),
        )
        self.tree = app_commands.CommandTree(self)
        self.gates: dict[str, asyncio.Event] = {}
        self.seen: list[str] = []  # events, in order
        _add_commands(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Kept)
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        self.seen.append(f"message {message.content!r}")

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self.seen.append(f"join {guild.name}")

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.seen.append(f"remove {guild.name}")

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        self.seen.append(f"unavailable {guild.name}")

    async def on_raw_member_remove(self, gone: discord.RawMemberRemoveEvent) -> None:
        self.seen.append(f"left {gone.user.name}")

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        self.seen.append(f"voice {member.name} {after.channel}")


def _add_commands(bot: Parrot) -> None:
    tree = bot.tree

    @tree.command(description="Answer privately, later")
    async def echo(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send(text)
        await interaction.followup.send("and more", ephemeral=True)

    @tree.command(description="Answer for everybody")
    async def shout(interaction: discord.Interaction, text: str, times: int = 1) -> None:
        await interaction.response.send_message(text * times)

    @tree.command(description="Write into the channel")
    async def post(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.defer(ephemeral=True)
        channel = interaction.channel
        assert isinstance(channel, discord.TextChannel)
        await channel.send(text)
        await interaction.followup.send("posted")

    @tree.command(description="Wait until the test says so, then answer")
    async def wait(interaction: discord.Interaction, gate: str, late: bool = False) -> None:
        if late:
            await interaction.response.defer(ephemeral=True)
        await bot.gates.setdefault(gate, asyncio.Event()).wait()
        try:
            if late:
                await interaction.followup.send("at last")
            else:
                await interaction.response.send_message("at last")
        except discord.HTTPException as error:
            bot.seen.append(f"refused {error.status} {error.code}")

    @tree.command(description="Buttons and a select")
    async def buttons(interaction: discord.Interaction) -> None:
        view = Buttons(timeout=None)
        view.add_item(Kept(7))
        await interaction.response.send_message("choose", view=view)

    @tree.command(description="A form")
    async def form(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    @tree.command(description="A Components V2 message")
    async def card(interaction: discord.Interaction, file: bool = False) -> None:
        view = ui.LayoutView()
        inner: list[ui.Item[Any]] = [ui.TextDisplay("**Survival** is running")]
        attached = discord.utils.MISSING
        if file:
            attached = discord.File(io.BytesIO(b"lines"), "log.txt")
            inner.append(ui.File("attachment://log.txt"))
        view.add_item(ui.Container(*inner, accent_colour=0x00FF00))
        await interaction.response.send_message(view=view, file=attached)

    @tree.command(description="A choice that is completed")
    async def pick(interaction: discord.Interaction, server: str) -> None:
        await interaction.response.send_message(server, ephemeral=True)

    @pick.autocomplete("server")
    async def complete(
        interaction: discord.Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        if typed == "many":
            return [app_commands.Choice(name=f"s{i}", value=f"s{i}") for i in range(26)]
        if typed == "long":
            return [app_commands.Choice(name="x", value="y" * 101)]
        return [app_commands.Choice(name=typed.title(), value=typed)]

    @tree.command(description="For staff")
    @app_commands.default_permissions(manage_messages=True)
    async def staff(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"{member.name} has {len(member.roles)}")

    group = app_commands.Group(name="power", description="Power")

    @group.command(description="With limits")
    @app_commands.choices(how=[app_commands.Choice(name="Soft", value="soft")])
    async def restart(
        interaction: discord.Interaction,
        delay: app_commands.Range[int, 1, 60],
        how: str = "soft",
        reason: app_commands.Range[str, 2, 5] = "none",
    ) -> None:
        await interaction.response.send_message(f"{delay} {how} {reason}", ephemeral=True)

    tree.add_command(group)

    @tree.context_menu(name="Who")
    async def who(interaction: discord.Interaction, member: discord.Member) -> None:
        await interaction.response.send_message(f"it is {member.name}", ephemeral=True)

    @tree.context_menu(name="Quote")
    async def quote(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"> {message.content}", ephemeral=True)

    @tree.command(description="A file that was sent along")
    async def weigh(interaction: discord.Interaction, file: discord.Attachment) -> None:
        await interaction.response.send_message(f"{file.filename}: {len(await file.read())}")

    @tree.error
    async def on_error(interaction: discord.Interaction, error: Exception) -> None:
        cause = getattr(error, "original", error)
        if isinstance(cause, discord.HTTPException):
            bot.seen.append(f"refused {cause.status} {cause.code}")
            return
        raise error


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        Parrot().run(os.environ["PARROT_TOKEN"], log_handler=None)
