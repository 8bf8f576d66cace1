"""The panel account behind a connected key: changed by who connected it, and nobody else."""

import ipaddress
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from bot.access.acting import Acting, Audit
from bot.access.gate import Admitted, Gate
from bot.fleet.panels import Connected, Panels
from bot.posts.messages import Message
from bot.pterodactyl import Client, Declined, IpNotAllowed, PanelError, Refused
from bot.pterodactyl.errors import Reason
from bot.pterodactyl.models import ApiKey, NewApiKey, SshKey
from bot.secret import Secret
from bot.texts import _
from bot.ui.account import (
    account_card,
    activity_card,
    key_choice,
    new_key_card,
    recovery_card,
    setup_card,
    ssh_choice,
)
from bot.ui.confirm import Confirmations
from bot.ui.errors import Unfit, panel_words
from bot.ui.panels import panel_meant
from bot.ui.text import bold, code

log = structlog.stdlib.get_logger(__name__)

LOG_LINES: Final = 10
ADDRESSES_AT_MOST: Final = 50
OFFERED_AT_MOST: Final = 25
NEW_PASSWORD_AT_LEAST: Final = 8


class AccountWork:
    """Reads and changes the account of a connected panel."""

    def __init__(
        self,
        gate: Gate,
        panels: Panels,
        acting: Acting,
        audit: Audit,
        confirmations: Confirmations,
    ) -> None:
        self._gate = gate
        self._panels = panels
        self._acting = acting
        self._audit = audit
        self._confirmations = confirmations

    def own(self, admitted: Admitted, text: str | None) -> Connected:
        """The panel that the option means, if its account is the member's to change.

        Raises:
            Unfit: Switched off here, no such panel, or somebody else connected it.
        """
        if not self._gate.book(admitted.guild_id).settings.account_commands:
            raise Unfit(
                _("The account commands are switched off here. An admin allows them in `/config`.")
            )
        panel = panel_meant(self._panels, admitted.guild_id, text)
        if panel.added_by != admitted.actor.id:
            raise Unfit(
                _(
                    "The account behind {panel} is <@{member}>'s, who connected it; only they may "
                    "see or change it here.",
                    panel=bold(panel.name),
                    member=panel.added_by,
                )
            )
        return panel

    async def info(self, panel: Connected) -> Message:
        """Whose key it is."""
        return account_card(panel, await self._client(panel).account.get_account())

    async def update_email(
        self, admitted: Admitted, panel: Connected, email: str, password: Secret
    ) -> Message:
        """Change the address."""
        look = _("`/account info` shows which address counts.")
        async with self._changing(admitted, panel, look) as client:
            await client.account.update_email(email.strip(), password)
        return Message(
            _(
                "The address of the account is {email} now.",
                email=f"||{code(email.strip(), 191)}||",
            )
        )

    async def update_password(
        self, admitted: Admitted, panel: Connected, current: Secret, new: Secret, again: Secret
    ) -> Message:
        """Change the password; keys go on working.

        Raises:
            Unfit: Too short, or not the same twice; nothing was sent.
        """
        if new.reveal() != again.reveal():
            raise Unfit(_("The new password isn't the same twice. Nothing was changed."))
        if len(new.reveal()) < NEW_PASSWORD_AT_LEAST:
            raise Unfit(
                _(
                    "The new password needs at least {count} characters. Nothing was changed.",
                    count=NEW_PASSWORD_AT_LEAST,
                )
            )
        look = _("Sign in on the panel to see which password counts.")
        async with self._changing(admitted, panel, look) as client:
            await client.account.update_password(current, new, again)
        return Message(
            _("The password is changed. Keys go on working, this bot's too; SFTP asks for it anew.")
        )

    async def set_up_two_factor(self, admitted: Admitted, panel: Connected) -> Message:
        """Make a new secret; an earlier one that wasn't confirmed ends.

        Raises:
            Unfit: It is on already, or the panel has it on its site only.
        """
        look = _("Press *Set up* again; that ends an earlier one.")
        try:
            async with self._changing(admitted, panel, look) as client:
                setup = await client.account.get_2fa_setup_code()
        except Declined as error:
            if error.reason is not Reason.ALREADY_ON:
                raise
            raise Unfit(
                _("Two-factor is on already. To move it to another app, switch it off first.")
            ) from None
        except Refused as error:
            raise _only_on_the_site(error, panel) from None
        return setup_card(panel, setup)

    async def enable_two_factor(
        self, admitted: Admitted, panel: Connected, code_typed: Secret, password: Secret
    ) -> Message:
        """Prove the app with a code; the recovery codes come back this once.

        Raises:
            Unfit: No code of six digits; nothing was sent.
        """
        digits = Secret("".join(code_typed.reveal().split()))
        if len(digits.reveal()) != 6 or not digits.reveal().isdecimal():
            raise Unfit(_("A code has six digits. Nothing was changed."))
        look = _("Sign out and in on the panel: if it asks for a code, it is on.")
        try:
            async with self._changing(admitted, panel, look) as client:
                tokens = await client.account.enable_2fa(digits.reveal(), password)
        except Refused as error:
            raise _only_on_the_site(error, panel) from None
        return recovery_card(tokens)

    async def disable_two_factor(
        self, admitted: Admitted, panel: Connected, password: Secret
    ) -> Message:
        """Switch it off, also when it is off already."""
        look = _("Sign out and in on the panel to see whether it asks for a code.")
        try:
            async with self._changing(admitted, panel, look) as client:
                await client.account.disable_2fa(password)
        except Refused as error:
            raise _only_on_the_site(error, panel) from None
        return Message(_("Two-factor is off. Signing in takes the password alone now."))

    async def keys(self, panel: Connected) -> list[tuple[ApiKey, bool]]:
        """The account's keys, and whether each is the one connected here."""
        own = self._panels.identifier(panel.guild_id, panel.id)
        found = await self._client(panel).account.api_key_list()
        return [(one, one.identifier == own) for one in found]

    async def create_key(
        self, admitted: Admitted, panel: Connected, title: str, addresses: Sequence[str]
    ) -> Message:
        """Make a key and show it once."""
        return new_key_card(panel, await self._made(admitted, panel, title, addresses))

    async def replace_key(
        self, admitted: Admitted, panel: Connected, title: str, addresses: Sequence[str]
    ) -> Message:
        """Make a key, prove it from here, use it, and delete the one before; nobody sees it.

        Raises:
            Unfit: The new one didn't prove; the old one stays in use.
        """
        old = self._panels.identifier(panel.guild_id, panel.id)
        made = await self._made(admitted, panel, title, addresses)
        try:
            await self._panels.rekey(panel.guild_id, panel.id, made.full_key)
        except PanelError as error:
            raise await self._taken_back(panel, made, error) from None
        await self._audit.note(admitted, "change", outcome="rekeyed", detail=panel.name)
        done = _(
            "{panel} is connected with the new key {key}.",
            panel=bold(panel.name),
            key=code(made.api_key.identifier),
        )
        if self._panels.uses(panel.url, old):
            return Message(
                done
                + " "
                + _(
                    "The old one, {key}, is connected elsewhere too, so I left it on the panel.",
                    key=code(old),
                )
            )
        try:
            await self._client(panel).account.api_key_delete(old)
        except PanelError as error:
            log.warning("old key not deleted", panel=panel.id, error=type(error).__name__)
            left = _(
                "The old one, {key}, couldn't be deleted. Do it with `/account key-delete`.",
                key=code(old),
            )
            return Message(f"{done} {left}")
        return Message(done + " " + _("The old one, {key}, is deleted.", key=code(old)))

    async def choose_key(self, panel: Connected) -> Message:
        """Offer the keys that may be deleted: all but the connected one."""
        others = [key for key, is_ours in await self.keys(panel) if not is_ours]
        if not others:
            return Message(_("The account has no key but the connected one."))
        return key_choice(panel, others[:OFFERED_AT_MOST])

    async def ask_delete_key(
        self, admitted: Admitted, panel: Connected, identifier: str
    ) -> Message:
        """Name the key before it goes.

        Raises:
            Unfit: It is gone, or it is the connected one.
        """
        for key, is_ours in await self.keys(panel):
            if key.identifier == identifier and not is_ours:
                text = _(
                    "Whatever uses the key {title} ({key}) stops working at once.",
                    title=bold(key.description),
                    key=code(key.identifier),
                )
                return await self._confirmations.ask(
                    admitted,
                    "account-key-delete",
                    text,
                    label=_("Delete"),
                    subject=panel.id,
                    payload={"key": identifier},
                )
        raise Unfit(_("That key isn't there any more. `/account keys` shows what is."))

    async def delete_key(self, admitted: Admitted, panel: Connected, identifier: str) -> Message:
        """Delete a key that isn't the connected one."""
        if identifier == self._panels.identifier(panel.guild_id, panel.id):
            raise Unfit(_("That is the connected key now, so it stays. Nothing was changed."))
        look = _("`/account keys` shows whether it is still there.")
        async with self._changing(admitted, panel, look, identifier) as client:
            await client.account.api_key_delete(identifier)
        return Message(_("The key {key} is deleted.", key=code(identifier)))

    async def add_ssh_key(
        self, admitted: Admitted, panel: Connected, title: str, public_key: str
    ) -> Message:
        """Add a key for SFTP.

        Raises:
            Unfit: It is a private key; nothing was sent.
        """
        if "PRIVATE KEY" in public_key:
            raise Unfit(
                _(
                    "That is a private key, which must stay with you: make a new pair if you sent "
                    "it anywhere. Paste the *public* one, from the file ending in `.pub`."
                )
            )
        look = _("`/account ssh-keys` shows whether it is there.")
        async with self._changing(admitted, panel, look, title) as client:
            made = await client.account.create_ssh_key(title.strip(), public_key.strip())
        return Message(
            _(
                "Added {title}: {fingerprint}",
                title=bold(made.name),
                fingerprint=code("SHA256:" + made.fingerprint),
            )
        )

    async def ssh_keys(self, panel: Connected) -> list[SshKey]:
        """The account's keys for SFTP."""
        return await self._client(panel).account.list_ssh_keys()

    async def choose_ssh_key(self, panel: Connected) -> Message:
        """Offer the SSH keys."""
        found = await self.ssh_keys(panel)
        if not found:
            return Message(_("The account has no SSH key. `/account ssh-add` adds one."))
        return ssh_choice(panel, found[:OFFERED_AT_MOST])

    async def ask_remove_ssh_key(
        self, admitted: Admitted, panel: Connected, fingerprint: str
    ) -> Message:
        """Name the key before it goes.

        Raises:
            Unfit: It is gone.
        """
        for one in await self.ssh_keys(panel):
            if one.fingerprint == fingerprint:
                text = _("{title} can't open SFTP any more.", title=bold(one.name))
                return await self._confirmations.ask(
                    admitted,
                    "account-ssh-remove",
                    text,
                    label=_("Remove"),
                    subject=panel.id,
                    payload={"key": fingerprint},
                )
        raise Unfit(_("That key isn't there any more. `/account ssh-keys` shows what is."))

    async def remove_ssh_key(
        self, admitted: Admitted, panel: Connected, fingerprint: str
    ) -> Message:
        """Remove it, and look: the panel says yes to what it doesn't know, too."""
        look = _("`/account ssh-keys` shows whether it is still there.")
        async with self._changing(admitted, panel, look, fingerprint) as client:
            await client.account.remove_ssh_key(fingerprint)
            left = await client.account.list_ssh_keys()
        if any(one.fingerprint == fingerprint for one in left):
            return Message(_("The panel said yes, but the key is still there. Remove it there."))
        return Message(_("The SSH key is removed."))

    async def activity(self, panel: Connected, page: int) -> Message:
        """A page of what was done to the account, latest first; from 1."""
        account = self._client(panel).account
        found = await account.list_activity(page=max(1, page), per_page=LOG_LINES)
        return activity_card(panel, found)

    def _client(self, panel: Connected) -> Client:
        return self._panels.client(panel.guild_id, panel.id)

    async def _made(
        self, admitted: Admitted, panel: Connected, title: str, addresses: Sequence[str]
    ) -> NewApiKey:
        if not title.strip():
            raise Unfit(_("Give the key a title, so that you can tell it from others."))
        wrong = [one for one in addresses if not _is_range(one)]
        if wrong or len(addresses) > ADDRESSES_AT_MOST:
            raise Unfit(
                _(
                    "{address} is no IP address or range such as `10.0.0.0/8`. Nothing was made.",
                    address=code(wrong[0] if wrong else str(len(addresses)), 60),
                )
            )
        look = _(
            "If `/account keys` shows it, delete it there: nobody has seen its secret part, so it "
            "is of no use."
        )
        async with self._changing(admitted, panel, look, title) as client:
            return await client.account.api_key_create(title.strip(), addresses)

    async def _taken_back(self, panel: Connected, made: NewApiKey, error: PanelError) -> Unfit:
        """Delete a new key that didn't prove, and say why and what is left."""
        if isinstance(error, IpNotAllowed):
            why = _("The new key may not be used from here: its addresses leave this bot out.")
        else:
            why = panel_words(error, panel=panel.name, server=None)
        try:
            await self._client(panel).account.api_key_delete(made.api_key.identifier)
        except PanelError:
            left = _(
                "The connected key stays. The new one, {key}, couldn't be deleted: do it with "
                "`/account key-delete`.",
                key=code(made.api_key.identifier),
            )
        else:
            left = _("The connected key stays, and the new one is deleted again.")
        return Unfit(f"{why} {left}")

    @asynccontextmanager
    async def _changing(
        self, admitted: Admitted, panel: Connected, look: str, detail: str | None = None
    ) -> AsyncIterator[Client]:
        """One changing call; `look` says how to find out what came of it where nobody can say."""
        try:
            async with self._acting.on_panel(admitted, panel.id, detail=detail) as client:
                yield client
        except PanelError as error:
            if not error.maybe_done:
                raise
            raise Unfit(
                _(
                    "The panel {panel} stopped answering, so it may or may not have happened. "
                    "{look}",
                    panel=bold(panel.name),
                    look=look,
                )
            ) from error


def addresses_of(text: str) -> list[str]:
    """The addresses typed into a form: one a line, or with commas between."""
    return [one for one in text.replace(",", " ").split() if one]


def _is_range(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _only_on_the_site(error: Refused, panel: Connected) -> Exception:
    """Pelican has two-factor on its site alone (contract: pelican.md); other errors stay."""
    if not error.route_unknown:
        return error
    return Unfit(
        _(
            "{panel} has two-factor on its site only: sign in there to change it.",
            panel=bold(panel.name),
        )
    )
