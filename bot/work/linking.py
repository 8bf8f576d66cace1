"""Members' own panel keys: linked where the guild allows it, erased when they wish or leave."""

from bot.access.acting import Audit
from bot.access.gate import Admitted, Gate
from bot.fleet.directory import Directory
from bot.fleet.links import Links
from bot.fleet.panels import Connected, Panels
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.secret import Secret
from bot.texts import _, _n
from bot.ui.errors import Unfit, panel_words
from bot.ui.panels import panel_meant
from bot.ui.parts import Colour, card
from bot.ui.text import bold

SHOWN_SERVERS = 10


class Linking:
    """Takes keys in and erases them."""

    def __init__(
        self, gate: Gate, panels: Panels, links: Links, directory: Directory, audit: Audit
    ) -> None:
        self._gate = gate
        self._panels = panels
        self._links = links
        self._directory = directory
        self._audit = audit

    def open_for(self, guild_id: int, text: str | None) -> Connected:
        """The panel that a member may link a key of.

        Raises:
            Unfit: The guild doesn't allow it, or no such panel.
        """
        if not self._gate.book(guild_id).settings.linking_allowed:
            raise Unfit(
                _(
                    "This guild doesn't take members' own panel keys. An admin allows it in "
                    "`/config`."
                )
            )
        return panel_meant(self._panels, guild_id, text)

    async def link(self, admitted: Admitted, panel: Connected, key: Secret) -> Message:
        """Check a key and keep it sealed.

        Raises:
            Unfit: It doesn't work there, is a root administrator's, or opens nothing here.
        """
        kept = _("The key wasn't kept.")
        try:
            found = await self._panels.examine(panel.url, key)
        except PanelError as error:
            said = panel_words(error, panel=panel.name, server=None)
            raise Unfit(f"{said} {kept}") from None
        if found.account.admin:
            raise Unfit(
                _(
                    "{account} is a root administrator of the panel, so its key opens everything "
                    "there is. Link an ordinary account's.",
                    account=bold(found.account.username),
                )
                + f" {kept}"
            )
        known = {one.uuid for one in self._directory.of(admitted.guild_id)}
        opened = [one for one in found.servers if one.uuid in known]
        if not opened:
            raise Unfit(
                _(
                    "{account} sees none of the servers that are used here, so linking it would "
                    "change nothing. Ask a server's owner to share it with that account first.",
                    account=bold(found.account.username),
                )
                + f" {kept}"
            )
        await self._links.link(admitted.guild_id, admitted.actor.id, panel.id, found)
        await self._audit.note(admitted, "change", outcome="linked", detail=panel.name)
        names = ", ".join(bold(one.name, 40) for one in opened[:SHOWN_SERVERS])
        more = len(opened) - SHOWN_SERVERS
        if more > 0:
            names += " " + _n("and {count} more", "and {count} more", more)
        return card(
            _(
                "Linked: you are {account} on {panel}.",
                account=bold(found.account.username),
                panel=bold(panel.name),
            ),
            _(
                "What that account may do on {servers}, you may do here too, except what this "
                "guild forbids you. It is done with your key then, and the panel's log names you.",
                servers=names,
            ),
            _("`/unlink` erases the key here."),
            colour=Colour.GREEN,
        )

    async def unlink(self, admitted: Admitted) -> Message:
        """Erase the member's keys."""
        count = await self._links.drop_member(admitted.guild_id, admitted.actor.id)
        if not count:
            return Message(_("No key of yours is kept here."))
        await self._audit.note(admitted, "change", outcome="unlinked")
        return Message(
            _n(
                "Your key is erased here. Delete it on the panel too if nothing else uses it.",
                "Your {count} keys are erased here. Delete them on the panel too if nothing else "
                "uses them.",
                count,
            )
        )
