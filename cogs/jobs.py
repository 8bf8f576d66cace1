"""/jobs: what is under way, and ending it."""

from typing import Any, Final

import discord
from discord import ui
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import ANYONE
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.pages import page_number
from bot.ui.parts import button, framed, said_beside
from cogs.parts import Parts

PAGE: Final = 8
"""Each is a section of three components, and a message holds forty."""


class JobsCog(commands.Cog):
    """Restarts, backups, votes and plans that are not over yet."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(right=ANYONE, description="What is under way: restarts, backups, votes, plans")
    async def jobs(self, interaction: discord.Interaction) -> Message:
        return await self._shown(decided(interaction), 0)

    @component("jobs", right=ANYONE, ack=Ack.UPDATE, name="jobs")
    async def leaf(self, press: Press) -> Message:
        return await self._shown(press.admitted, page_number((*press.args, "0")[0]))

    @component("job-cancel", right=ANYONE, ack=Ack.UPDATE, name="jobs")
    async def cancel(self, press: Press) -> Message:
        job_id, page = (*press.args, "", "0")[:2]
        said = await self._parts.jobs_view.cancel(press.admitted, job_id)
        return await self._shown(press.admitted, page_number(page), said=said, gone=job_id)

    async def _shown(
        self, admitted: Admitted, page: int, *, said: str = "", gone: str = ""
    ) -> Message:
        found = [
            (row, line)
            for row, line in await self._parts.jobs_view.list(admitted)
            if row.id != gone  # it is told to end, and may not have heard yet
        ]
        head = "## " + _("Under way") + (f"\n{said}" if said else "")
        items: list[ui.Item[Any]] = [ui.TextDisplay(head)]
        if not found:
            empty = _("Nothing that is for you to see. Restarts, backups and votes stand here.")
            return framed([*items, ui.TextDisplay(empty)])
        pages = (len(found) + PAGE - 1) // PAGE
        page = min(max(page, 0), pages - 1)
        for row, line in found[page * PAGE : (page + 1) * PAGE]:
            if line.can_cancel:
                end = button("job-cancel", row.id, str(page), label=_("Cancel"))
                items.append(said_beside(line.text, end))
            else:
                items.append(ui.TextDisplay(line.text))
        refresh = button("jobs", str(page), label=_("Refresh"), emoji="🔄")
        leaf = []
        if pages > 1:
            leaf.append(button("jobs", str(page - 1), label=_("Back"), is_disabled=page == 0))
            is_last = page == pages - 1
            leaf.append(button("jobs", str(page + 1), label=_("Next"), is_disabled=is_last))
        items.append(ui.ActionRow(*leaf, refresh))
        if pages > 1:
            where = _("page {page} of {pages}", page=page + 1, pages=pages)
            items.append(ui.TextDisplay(f"-# {where}"))
        return framed(items)
