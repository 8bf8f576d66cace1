"""/account: the panel account behind a connected key, for who connected it."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import ADMIN
from bot.fleet.panels import Connected
from bot.posts.messages import Message
from bot.secret import Secret
from bot.texts import _
from bot.ui.account import key_line, ssh_line, two_factor_card
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.groups import ADMINS, group
from bot.ui.pages import page_number, page_of
from bot.ui.panels import PanelOption
from bot.ui.parts import checkbox, field, form
from bot.ui.text import bold
from bot.work.account import addresses_of
from cogs.parts import Parts

PANEL = "Which panel; may be left out where there is only one"
EMAIL_CHARACTERS = 191
TITLE_CHARACTERS = 500


class AccountCog(commands.Cog):
    """The account of a key; off until `/config` allows it. Secrets only in forms and privately."""

    account = group("account", "The panel account behind a connected key", seen_by=ADMINS)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._work = parts.account

    @command(account, right=ADMIN, description="Whose key is connected")
    @app_commands.describe(panel=PANEL)
    async def info(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> Message:
        return await self._work.info(self._own(interaction, panel))

    @command(account, right=ADMIN, ack=Ack.MODAL, description="Change the account's e-mail address")
    @app_commands.describe(panel=PANEL)
    async def email(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> None:
        own = self._own(interaction, panel)
        await interaction.response.send_modal(
            form(
                "account-email",
                own.id,
                title=_("Change the address"),
                fields=[
                    field("email", label=_("New e-mail address"), most=EMAIL_CHARACTERS),
                    _password(_("Password of the account")),
                ],
            )
        )

    @command(account, right=ADMIN, ack=Ack.MODAL, description="Change the account's password")
    @app_commands.describe(panel=PANEL)
    async def password(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> None:
        own = self._own(interaction, panel)
        await interaction.response.send_modal(
            form(
                "account-password",
                own.id,
                title=_("Change the password"),
                fields=[
                    _password(_("Present password")),
                    field(
                        "new_password",
                        label=_("New password"),
                        most=200,
                        description=_("At least 8 characters"),
                    ),
                    field("new_password_again", label=_("New password, again"), most=200),
                ],
            )
        )

    @command(account, right=ADMIN, description="Set two-factor up, or switch it off")
    @app_commands.describe(panel=PANEL)
    async def two_factor(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> Message:
        return two_factor_card(self._own(interaction, panel))

    @command(account, right=ADMIN, description="The account's API keys")
    @app_commands.describe(panel=PANEL)
    async def keys(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> Message:
        return await self._keys(self._own(interaction, panel), 0)

    @command(
        account,
        right=ADMIN,
        ack=Ack.MODAL,
        description="Make an API key; it can replace the connected one",
    )
    @app_commands.describe(panel=PANEL)
    async def key_create(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> None:
        own = self._own(interaction, panel)
        await interaction.response.send_modal(
            form(
                "account-key-create",
                own.id,
                title=_("Make an API key"),
                fields=[
                    field("title", label=_("Title"), value="Roost", most=TITLE_CHARACTERS),
                    field(
                        "addresses",
                        label=_("Allowed IPs"),
                        is_long=True,
                        is_required=False,
                        most=2000,
                        description=_("One a line; empty allows it from everywhere"),
                    ),
                    checkbox(
                        "replace",
                        label=_("Replace the connected key"),
                        description=_("It is tried and stored, and the old one is deleted"),
                    ),
                ],
            )
        )

    @command(account, right=ADMIN, description="Delete an API key")
    @app_commands.describe(panel=PANEL)
    async def key_delete(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> Message:
        return await self._work.choose_key(self._own(interaction, panel))

    @command(account, right=ADMIN, description="The account's SSH keys, for SFTP")
    @app_commands.describe(panel=PANEL)
    async def ssh_keys(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> Message:
        return await self._ssh_keys(self._own(interaction, panel), 0)

    @command(account, right=ADMIN, ack=Ack.MODAL, description="Add an SSH key, for SFTP")
    @app_commands.describe(panel=PANEL)
    async def ssh_add(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> None:
        own = self._own(interaction, panel)
        await interaction.response.send_modal(
            form(
                "account-ssh-add",
                own.id,
                title=_("Add an SSH key"),
                fields=[
                    field("title", label=_("Title"), most=191),
                    # named as a secret, because people paste the wrong half
                    field(
                        "private_key",
                        label=_("Public key"),
                        is_long=True,
                        placeholder="ssh-ed25519 AAAA…",
                        description=_("From the file that ends in .pub"),
                    ),
                ],
            )
        )

    @command(account, right=ADMIN, description="Remove an SSH key")
    @app_commands.describe(panel=PANEL)
    async def ssh_remove(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> Message:
        return await self._work.choose_ssh_key(self._own(interaction, panel))

    @command(account, right=ADMIN, description="What was done to the account")
    @app_commands.describe(panel=PANEL)
    async def activity(
        self, interaction: discord.Interaction, panel: PanelOption | None = None
    ) -> Message:
        return await self._work.activity(self._own(interaction, panel), 1)

    @component("account-email", right=ADMIN, name="account email")
    async def email_sent(self, press: Press) -> Message:
        own, password = self._pressed(press), Secret(press.field("password"))
        return await self._work.update_email(press.admitted, own, press.field("email"), password)

    @component("account-password", right=ADMIN, name="account password")
    async def password_sent(self, press: Press) -> Message:
        current, new, again = (
            Secret(press.field(name)) for name in ("password", "new_password", "new_password_again")
        )
        own = self._pressed(press)
        return await self._work.update_password(press.admitted, own, current, new, again)

    @component("account-factor-setup", right=ADMIN, name="account two-factor")
    async def setup_pressed(self, press: Press) -> Message:
        return await self._work.set_up_two_factor(press.admitted, self._pressed(press))

    @component("account-factor-on-form", right=ADMIN, ack=Ack.MODAL, name="account two-factor")
    async def enable_pressed(self, press: Press) -> None:
        own = self._pressed(press)
        await press.interaction.response.send_modal(
            form(
                "account-factor-on",
                own.id,
                title=_("Switch two-factor on"),
                fields=[
                    field("code", label=_("Code from the app"), most=10, placeholder="123456"),
                    _password(_("Password of the account")),
                ],
            )
        )

    @component("account-factor-on", right=ADMIN, name="account two-factor")
    async def enable_sent(self, press: Press) -> Message:
        own, password = self._pressed(press), Secret(press.field("password"))
        typed = Secret(press.field("code"))
        return await self._work.enable_two_factor(press.admitted, own, typed, password)

    @component("account-factor-off-form", right=ADMIN, ack=Ack.MODAL, name="account two-factor")
    async def disable_pressed(self, press: Press) -> None:
        own = self._pressed(press)
        await press.interaction.response.send_modal(
            form(
                "account-factor-off",
                own.id,
                title=_("Switch two-factor off"),
                fields=[_password(_("Password of the account"))],
            )
        )

    @component("account-factor-off", right=ADMIN, name="account two-factor")
    async def disable_sent(self, press: Press) -> Message:
        own, password = self._pressed(press), Secret(press.field("password"))
        return await self._work.disable_two_factor(press.admitted, own, password)

    @component("account-keys", right=ADMIN, ack=Ack.UPDATE, name="account keys")
    async def keys_leaf(self, press: Press) -> Message:
        page, panel_id = (*press.args, "", "")[:2]
        return await self._keys(self._panel(press, panel_id), page_number(page))

    @component("account-key-create", right=ADMIN, name="account key-create")
    async def key_sent(self, press: Press) -> Message:
        own, addresses = self._pressed(press), addresses_of(press.field("addresses"))
        make = self._work.create_key
        if press.field("replace") == "True":
            make = self._work.replace_key
        return await make(press.admitted, own, press.field("title"), addresses)

    @component("account-key-chosen", right=ADMIN, ack=Ack.UPDATE, name="account key-delete")
    async def key_chosen(self, press: Press) -> Message:
        chosen = (*press.values, "")[0]
        return await self._work.ask_delete_key(press.admitted, self._pressed(press), chosen)

    @component("account-key-delete", right=ADMIN, ack=Ack.UPDATE, name="account key-delete")
    async def key_delete_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "account-key-delete")
        own = self._panel(press, asked.subject_id)
        return await self._work.delete_key(press.admitted, own, str(asked.payload["key"]))

    @component("account-ssh", right=ADMIN, ack=Ack.UPDATE, name="account ssh-keys")
    async def ssh_leaf(self, press: Press) -> Message:
        page, panel_id = (*press.args, "", "")[:2]
        return await self._ssh_keys(self._panel(press, panel_id), page_number(page))

    @component("account-ssh-add", right=ADMIN, name="account ssh-add")
    async def ssh_sent(self, press: Press) -> Message:
        title, key = press.field("title"), press.field("private_key")
        return await self._work.add_ssh_key(press.admitted, self._pressed(press), title, key)

    @component("account-ssh-chosen", right=ADMIN, ack=Ack.UPDATE, name="account ssh-remove")
    async def ssh_chosen(self, press: Press) -> Message:
        chosen = (*press.values, "")[0]
        return await self._work.ask_remove_ssh_key(press.admitted, self._pressed(press), chosen)

    @component("account-ssh-remove", right=ADMIN, ack=Ack.UPDATE, name="account ssh-remove")
    async def ssh_remove_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "account-ssh-remove")
        own = self._panel(press, asked.subject_id)
        return await self._work.remove_ssh_key(press.admitted, own, str(asked.payload["key"]))

    @component("account-log", right=ADMIN, ack=Ack.UPDATE, name="account activity")
    async def activity_leaf(self, press: Press) -> Message:
        return await self._work.activity(self._pressed(press), page_number(press.args[-1]))

    async def _keys(self, own: Connected, page: int) -> Message:
        found = await self._work.keys(own)
        return page_of(
            _("API keys on {panel}", panel=bold(own.name)),
            [key_line(key, is_ours=is_ours) for key, is_ours in found],
            page,
            verb="account-keys",
            args=(own.id,),
            empty=_("None. `/account key-create` makes one."),
        )

    async def _ssh_keys(self, own: Connected, page: int) -> Message:
        found = await self._work.ssh_keys(own)
        return page_of(
            _("SSH keys on {panel}", panel=bold(own.name)),
            [ssh_line(key) for key in found],
            page,
            verb="account-ssh",
            args=(own.id,),
            empty=_("None yet. `/account ssh-add` adds one; SFTP then takes it as a password."),
        )

    def _own(self, interaction: discord.Interaction, text: str | None) -> Connected:
        return self._named(interaction, decided(interaction), text)

    def _pressed(self, press: Press) -> Connected:
        return self._panel(press, (*press.args, "")[0])

    def _panel(self, press: Press, panel_id: str) -> Connected:
        return self._named(press.interaction, press.admitted, panel_id or "-")

    def _named(
        self, interaction: discord.Interaction, admitted: Admitted, text: str | None
    ) -> Connected:
        own = self._work.own(admitted, text)
        interaction.extras["panel"] = own.name  # for the words of what may go wrong there
        return own


def _password(label: str) -> "discord.ui.Label[discord.ui.Modal]":
    return field("password", label=label, most=200)
