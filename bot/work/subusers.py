"""Subusers: found, invited, and given rights that whoever gives them holds."""

import re
import secrets
from collections.abc import Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Final

from msgspec import Struct, structs

from bot.access.acting import Acting
from bot.access.decision import Allow
from bot.access.facts import Action
from bot.access.gate import Admitted, Gate
from bot.access.rights import SEE, any_covers, changes, normal
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.panels import Panels
from bot.fleet.shelf import Entry, Shelf
from bot.posts.messages import Message
from bot.pterodactyl import Client, NotAllowed
from bot.pterodactyl.models import Permissions, Subuser
from bot.texts import _
from bot.ui.confirm import Confirmations
from bot.ui.errors import Unfit
from bot.ui.named import find_named
from bot.ui.subusers import listed, picker
from bot.ui.text import bold, code
from bot.work.looking import done_or_seen

DRAFT_SECONDS: Final = 840.0
"""An answer's token lives 15 minutes; what is picked can't be saved after that anyway."""
KEPT_DRAFTS: Final = 1000
MADE_JUST_NOW: Final = timedelta(minutes=2)
EMAIL_CHARACTERS: Final = 191
_EMAIL: Final = re.compile(r"[^@\s]{1,64}@(?:[\w-]+\.)+[\w-]{2,}")
_DOMAINS: Final = (
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "yahoo.com",
    "icloud.com",
    "proton.me",
    "protonmail.com",
    "web.de",
    "gmx.de",
    "gmx.net",
    "t-online.de",
    "live.com",
    "aol.com",
)


class Draft(Struct, frozen=True, kw_only=True):
    """Rights being picked, for somebody new (by e-mail) or a subuser there is."""

    email: str
    offered: frozenset[str]
    chosen: frozenset[str]
    catalogue: Permissions
    user: Subuser | None = None
    kept: frozenset[str] = frozenset()
    """Held by the subuser, not the member's to give: they stay."""
    lost: frozenset[str] = frozenset()
    """Held by the subuser, but lacking to the key: saving takes them away."""
    close_to: str = ""
    """The address this one may be a typing error of."""
    id: str = ""
    guild_id: int = 0
    member_id: int = 0
    server_id: str = ""
    begun: float = 0.0
    """Seconds of the clock's monotonic."""


async def load_subusers(client: Client, server: Server) -> Sequence[Entry]:
    """The subusers of a server as choices."""
    return _entries(await client.servers.users.list_users(server.uuid))


class SubuserWork:
    """Reads and changes who else may use a server."""

    def __init__(
        self,
        gate: Gate,
        acting: Acting,
        panels: Panels,
        shelf: Shelf,
        *,
        confirmations: Confirmations,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._acting = acting
        self._panels = panels
        self._shelf = shelf
        self._confirmations = confirmations
        self._clock = clock
        self._drafts: dict[str, Draft] = {}

    async def listed(self, admitted: Admitted) -> list[Subuser]:
        """The server's subusers by name."""
        client, server = self._acting.client(admitted), admitted.server
        found = await client.servers.users.list_users(server.uuid)
        self._shelf.put(server, "user", _entries(found))
        return sorted(found, key=lambda one: one.username.casefold())

    async def find(self, admitted: Admitted, text: str) -> Subuser:
        """The subuser that an option means: by choice, name or address.

        Raises:
            Unfit: None, or several.
        """
        return find_named(
            await self.listed(admitted),
            text,
            ids=lambda one: (one.uuid, one.email),
            name=lambda one: one.username,
            label=lambda one: bold(one.username),
            none=_("There is no such subuser. `/subuser list` shows them."),
            whole=changes(admitted.action.right),
        )

    async def get(self, admitted: Admitted, user_id: str) -> Subuser:
        """One subuser, read just now."""
        client = self._acting.client(admitted)
        return await client.servers.users.get_user(admitted.server.uuid, user_id)

    async def begin_invite(self, admitted: Admitted, email: str) -> Message:
        """Let the member pick rights for somebody who isn't a subuser yet.

        Raises:
            Unfit: No address, or a subuser already.
        """
        address = email.strip()
        if not _EMAIL.fullmatch(address) or len(address) > EMAIL_CHARACTERS:
            raise Unfit(
                _("{email} is no e-mail address. Nothing was changed.", email=code(address, 100))
            )
        try:
            there = await self.listed(admitted)
        except NotAllowed:  # who may invite need not be able to look
            there = []
        for one in there:
            if one.email.casefold() == address.casefold():
                raise Unfit(
                    _(
                        "{user} is a subuser of {server} already. `/subuser edit` changes what "
                        "they may.",
                        user=bold(one.username),
                        server=bold(admitted.server.name),
                    )
                )
        catalogue = await self._acting.client(admitted).servers.list_permissions()
        offered = self._offered(admitted, catalogue)
        draft = self._keep(
            admitted,
            Draft(
                email=address,
                offered=offered,
                chosen=offered & {SEE},
                catalogue=catalogue,
                close_to=_close_to(address, there),
            ),
        )
        return self.picker(admitted, draft)

    async def begin_edit(self, admitted: Admitted, user: Subuser) -> Message:
        """Let the member change what a subuser may, beginning with what they may now.

        Raises:
            Unfit: It is the account the bot acts as.
        """
        self._not_own(admitted, user)
        catalogue = await self._acting.client(admitted).servers.list_permissions()
        offered = self._offered(admitted, catalogue)
        held, key = frozenset(user.permissions), self._acting.key_rights(admitted)
        keepable = frozenset(one for one in held if any_covers(key, normal(one)))
        draft = self._keep(
            admitted,
            Draft(
                email=user.email,
                user=user,
                offered=offered,
                kept=keepable - offered,
                lost=held - keepable,
                chosen=held & offered,
                catalogue=catalogue,
            ),
        )
        return self.picker(admitted, draft)

    def draft(self, admitted: Admitted, draft_id: str) -> Draft:
        """What the member is picking.

        Raises:
            Unfit: Too old, from before a restart, or somebody else's.
        """
        found = self._drafts.get(draft_id)
        mine = (admitted.guild_id, admitted.actor.id, admitted.server.id)
        if (
            found is None
            or (found.guild_id, found.member_id, found.server_id) != mine
            or self._clock.monotonic() - found.begun > DRAFT_SECONDS
        ):
            raise Unfit(_("That is too old to go on with. Run the command again."))
        return found

    def pick(self, draft: Draft, rights: Sequence[str], group: str) -> Draft:
        """Take what was chosen in the select of one group."""
        prefix = f"{group}."
        in_group = frozenset(one for one in draft.offered if one.startswith(prefix))
        chosen = (draft.chosen - in_group) | (in_group & frozenset(rights))
        changed = structs.replace(draft, chosen=chosen)
        self._drafts[draft.id] = changed
        return changed

    def cancel(self, draft_id: str) -> None:
        """Forget what was picked."""
        self._drafts.pop(draft_id, None)

    def picker(self, admitted: Admitted, draft: Draft, page: int = 0) -> Message:
        """The selects."""
        notes = []
        if draft.kept:
            notes.append(
                _("Stays as it is, as you don't hold it: {rights}", rights=listed(draft.kept))
            )
        if draft.lost:
            notes.append(
                _(
                    "⚠️ Saving takes these away, as the account that is connected lacks them: "
                    "{rights}",
                    rights=listed(draft.lost),
                )
            )
        who = bold(draft.user.username) if draft.user else code(draft.email, 100)
        server = bold(admitted.server.name)
        notes.insert(0, _("For {who} on {server}", who=who, server=server))
        return picker(
            admitted.server,
            draft.id,
            title=_("Pick rights"),
            notes=notes,
            offered=draft.offered,
            chosen=draft.chosen,
            catalogue=draft.catalogue,
            page=page,
            go=("subuser-save", _("Save")) if draft.user else ("subuser-ask", _("Invite …")),
        )

    async def ask_invite(self, admitted: Admitted, draft: Draft) -> Message:
        """Name the address once more before the panel makes an account of it."""
        if not draft.chosen:
            raise Unfit(_("Pick at least one right, such as `websocket.connect`."))
        text = _(
            "Is {email} right, letter by letter? If no account has this address, the panel makes "
            "one and mails it a password link; only an administrator of the panel can remove it "
            "again.",
            email=code(draft.email, EMAIL_CHARACTERS),
        )
        if draft.close_to:
            text += "\n" + _(
                "⚠️ Did you mean {email}?", email=code(draft.close_to, EMAIL_CHARACTERS)
            )
        text += "\n" + _(
            "They get on {server}: {rights}",
            server=bold(admitted.server.name),
            rights=listed(draft.chosen),
        )
        return await self._confirmations.ask(
            admitted,
            "subuser-invite",
            text,
            label=_("Invite"),
            payload={"email": draft.email, "rights": sorted(draft.chosen)},
        )

    async def invite(self, admitted: Admitted, email: str, rights: frozenset[str]) -> Message:
        """Invite, and compare what came back: the panel drops what it doesn't know, silently."""
        catalogue = await self._acting.client(admitted).servers.list_permissions()
        if beyond := rights - self._offered(admitted, catalogue):
            raise Unfit(_("You can't give {rights} any more.", rights=listed(beyond)))
        uuid = admitted.server.uuid
        async with self._acting(admitted, detail=email) as panel:

            async def look() -> Subuser | None:
                there = await panel.servers.users.list_users(uuid)
                return next((u for u in there if u.email.casefold() == email.casefold()), None)

            made = await done_or_seen(
                panel.servers.users.create_user(uuid, email, sorted(rights)), look
            )
        self._shelf.forget(admitted.server, "user")
        said = _(
            "{user} ({email}) may use {server} now.",
            user=bold(made.username),
            email=code(made.email, EMAIL_CHARACTERS),
            server=bold(admitted.server.name),
        )
        if self._clock.now() - made.created_at < MADE_JUST_NOW:
            said += " " + _("The panel made a new account for that address.")
        return Message(said + _dropped(rights, made))

    async def save(self, admitted: Admitted, draft: Draft) -> Message:
        """Set the rights that were picked, unless somebody else changed them meanwhile.

        Raises:
            Unfit: They are not what they were when the picking began.
        """
        user = draft.user
        if user is None:
            raise Unfit(_("That is too old to go on with. Run the command again."))
        offered = self._offered(admitted, draft.catalogue)
        wanted = (draft.chosen & offered) | draft.kept
        if not wanted:
            raise Unfit(_("Pick at least one right, such as `websocket.connect`."))
        self._not_own(admitted, user)
        now = await self.get(admitted, user.uuid)
        if frozenset(now.permissions) != frozenset(user.permissions):
            self.cancel(draft.id)
            raise Unfit(
                _(
                    "Somebody changed the rights of {user} meanwhile, so yours were not saved. Run "
                    "`/subuser edit` again.",
                    user=bold(user.username),
                )
            )
        async with self._acting(admitted, detail=user.email) as panel:
            made = await panel.servers.users.update_user(
                admitted.server.uuid, user.uuid, sorted(wanted)
            )
        self.cancel(draft.id)
        self._shelf.forget(admitted.server, "user")
        before, after = frozenset(user.permissions), frozenset(made.permissions)
        lines = [
            _(
                "Saved: {user} on {server}.",
                user=bold(made.username),
                server=bold(admitted.server.name),
            )
        ]
        if after - before:
            lines.append(_("Given: {rights}", rights=listed(after - before)))
        if before - after:
            lines.append(_("Taken away: {rights}", rights=listed(before - after)))
        if before == after:
            lines.append(_("Nothing is different from before."))
        return Message("\n".join(lines) + _dropped(wanted, made))

    async def ask_remove(self, admitted: Admitted, user: Subuser) -> Message:
        """Say who loses what before it is done."""
        self._not_own(admitted, user)
        text = _(
            "{user} ({email}) can't use {server} any more, and their console and SFTP end. The "
            "account itself stays on the panel.",
            user=bold(user.username),
            email=code(user.email, EMAIL_CHARACTERS),
            server=bold(admitted.server.name),
        )
        return await self._confirmations.ask(
            admitted, "subuser-remove-now", text, label=_("Remove"), payload={"user": user.uuid}
        )

    async def remove(self, admitted: Admitted, user_id: str) -> Message:
        """Take the server from a subuser."""
        async with self._acting(admitted, detail=user_id) as panel:
            await panel.servers.users.delete_user(admitted.server.uuid, user_id)
        self._shelf.forget(admitted.server, "user")
        return Message(
            _("Removed. They can't use {server} any more.", server=bold(admitted.server.name))
        )

    def _offered(self, admitted: Admitted, catalogue: Permissions) -> frozenset[str]:
        """What the member may give: what the key has and they themselves hold here."""
        key = self._acting.key_rights(admitted)
        return frozenset(
            one
            for one in catalogue.keys
            if any_covers(key, normal(one)) and self._holds(admitted, normal(one))
        )

    def _holds(self, admitted: Admitted, right: str) -> bool:
        action = Action(admitted.action.name, right, on_server=True)
        said = self._gate.decide(admitted.guild_id, admitted.actor, action, admitted.server)
        return isinstance(said, Allow)

    def is_own(self, admitted: Admitted, user: Subuser) -> bool:
        """Whether it is the account that is connected: the panel lets nobody touch themselves."""
        panel = self._panels.get(admitted.guild_id, admitted.server.panel_id)
        return user.username == panel.account_name

    def _not_own(self, admitted: Admitted, user: Subuser) -> None:
        if self.is_own(admitted, user):
            raise Unfit(
                _(
                    "{user} is the account that is connected here, and the panel lets nobody "
                    "change themselves. The server's owner can, on the panel.",
                    user=bold(user.username),
                )
            )

    def _keep(self, admitted: Admitted, draft: Draft) -> Draft:
        made = structs.replace(
            draft,
            id=secrets.token_hex(6),
            guild_id=admitted.guild_id,
            member_id=admitted.actor.id,
            server_id=admitted.server.id,
            begun=self._clock.monotonic(),
        )
        self._drafts[made.id] = made
        while len(self._drafts) > KEPT_DRAFTS:
            del self._drafts[next(iter(self._drafts))]
        return made


def _entries(users: Sequence[Subuser]) -> list[Entry]:
    return [Entry(one.uuid, f"{one.username} · {one.email}") for one in users]


def _dropped(wanted: frozenset[str], made: Subuser) -> str:
    gone = wanted - frozenset(made.permissions)
    if not gone:
        return ""
    return "\n" + _("⚠️ The panel left out {rights}.", rights=listed(gone))


def _close_to(address: str, there: Sequence[Subuser]) -> str:
    """What the address may be a typing error of: a domain that many or the others here have."""
    local, _at, domain = address.rpartition("@")
    domain = domain.casefold()
    known = {one.email.rpartition("@")[2].casefold() for one in there} | set(_DOMAINS)
    if domain in known:
        return ""
    near = get_close_matches(domain, sorted(known), n=1, cutoff=0.8)
    return f"{local}@{near[0]}" if near else ""
