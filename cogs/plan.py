"""/plan: restarts and backups at a time, carried out by Roost itself."""

from typing import Annotated, Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import SEES_ONE
from bot.posts.answers import publish
from bot.posts.messages import Message
from bot.texts import _, speaking
from bot.ui.doors import Ack, Press, actor_of, command, component, decided
from bot.ui.groups import STAFF, group
from bot.ui.options import CHOICES, ServerOption
from bot.ui.pages import PAGE_LINES, page_number, page_of
from bot.ui.parts import Control, button, card, choice, danger
from bot.ui.text import cut
from bot.work import plan_words as words
from bot.work.game_words import words_of
from bot.work.plan_skips import may_be_skipped, skipped_time
from bot.work.plan_state import Plan
from bot.work.plans import KEEP_AT_MOST, Planned, Plans, PlanWish
from cogs.parts import Parts
from cogs.power import SERVER

AT: Final = "Once: 04:00, 2026-12-01 04:00, in 2h; by this guild's clock"
EVERY: Final = "Again and again: day 04:00, monday 04:00, 6h, or five cron fields"
ONLY_EMPTY: Final = "Wait while somebody plays, or nobody knows"
LATEST: Final = "How long to wait at the most: 2h, or 06:00; then it runs all the same"
KEEP: Final = "How many of its backups stay; older ones that it made are deleted"
EVENT: Final = "Show the next time among this guild's events"

Time = app_commands.Range[str, 1, 100]


class _PlanChoices(app_commands.Transformer):
    """The plans that this member may know of, from memory."""

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> str:  # noqa: ARG002
        return str(value)

    async def autocomplete(
        self, interaction: discord.Interaction, value: Any, /
    ) -> list[app_commands.Choice[str | int | float]]:
        if interaction.guild_id is None:
            return []
        plans: Plans = interaction.client.plans  # type: ignore[attr-defined]  # our client has it
        found = plans.search(interaction.guild_id, actor_of(interaction), str(value), CHOICES)
        return [app_commands.Choice(name=cut(label, 100), value=value) for label, value in found]


PlanOption = Annotated[str, _PlanChoices]


class PlanCog(commands.Cog):
    """Roost's own plans; the panel's are `/schedule`."""

    plan = group("plan", "Restarts and backups at a time", seen_by=STAFF)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        plan,
        right="control.restart",
        on_server=True,
        description="Restart a server at a time, with warnings in the game",
    )
    @app_commands.describe(
        server=SERVER, at=AT, every=EVERY, only_empty=ONLY_EMPTY, latest=LATEST, event=EVENT
    )
    async def restart(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
        at: Time = "",
        every: Time = "",
        only_empty: bool = False,
        latest: Time = "",
        event: bool = False,
    ) -> Message:
        wish = PlanWish(
            what="restart",
            at=at,
            every=every,
            only_empty=only_empty,
            latest=latest,
            wants_event=event,
        )
        return await self._make(interaction, wish)

    @command(
        plan,
        right="backup.create",
        on_server=True,
        description="Back a server up at a time, and keep only the newest if you like",
    )
    @app_commands.describe(
        server=SERVER,
        at=AT,
        every=EVERY,
        only_empty=ONLY_EMPTY,
        latest=LATEST,
        keep=KEEP,
        event=EVENT,
    )
    async def backup(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
        at: Time = "",
        every: Time = "",
        only_empty: bool = False,
        latest: Time = "",
        keep: app_commands.Range[int, 1, KEEP_AT_MOST] | None = None,
        event: bool = False,
    ) -> Message:
        wish = PlanWish(
            what="backup",
            at=at,
            every=every,
            only_empty=only_empty,
            latest=latest,
            keep=keep or 0,
            wants_event=event,
        )
        return await self._make(interaction, wish)

    @command(
        plan, name="list", right=SEES_ONE, description="What is planned, and what came of it last"
    )
    async def list_plans(self, interaction: discord.Interaction) -> Message:
        return self._page(decided(interaction), 0)

    @command(plan, right=SEES_ONE, description="Remove a plan; what it has begun goes on")
    @app_commands.describe(plan="Which plan")
    async def remove(self, interaction: discord.Interaction, plan: PlanOption) -> Message:
        admitted = decided(interaction)
        one = self._parts.plans.find(admitted.guild_id, admitted.actor, plan)
        return Message(await self._parts.plans.remove(admitted, one))

    @component("plans", right=SEES_ONE, ack=Ack.UPDATE, name="plan list")
    async def leaf(self, press: Press) -> Message:
        return self._page(press.admitted, page_number((*press.args, "0")[0]))

    @component("plan-open", right=SEES_ONE, ack=Ack.UPDATE, name="plan list")
    async def open_card(self, press: Press) -> Message:
        return self._card(press.admitted, (*press.values, *press.args, "")[0])

    @component("plan", right=SEES_ONE, name="plan list")
    async def show_card(self, press: Press) -> Message:
        return self._card(press.admitted, (*press.args, "")[0])

    @component("plan-remove", right=SEES_ONE, ack=Ack.UPDATE, name="plan remove")
    async def remove_pressed(self, press: Press) -> Message:
        admitted = press.admitted
        one = self._parts.plans.get(admitted.guild_id, admitted.actor, (*press.args, "")[0])
        said = await self._parts.plans.remove(admitted, one)
        return card(said, rows=[[button("plans", label=_("Back"))]])

    @component("plan-skip", right=SEES_ONE, ack=Ack.UPDATE, name="plan list")
    async def skip(self, press: Press) -> Message:
        job_id, stamp = (*press.args, "", "")[:2]
        await self._parts.plan_skips.skip(press.admitted, job_id, stamp)
        return self._card(press.admitted, job_id)

    @component("plan-unskip", right=SEES_ONE, ack=Ack.UPDATE, name="plan list")
    async def unskip(self, press: Press) -> Message:
        job_id = (*press.args, "")[0]
        await self._parts.plan_skips.take_back(press.admitted, job_id)
        return self._card(press.admitted, job_id)

    @component("plan-take-restart", right="control.restart", on_server=True, name="plan restart")
    async def take_restart(self, press: Press) -> Message:
        return await self._take(press)

    @component("plan-take-backup", right="backup.create", on_server=True, name="plan backup")
    async def take_backup(self, press: Press) -> Message:
        return await self._take(press)

    async def _make(self, interaction: discord.Interaction, wish: PlanWish) -> Message:
        admitted = decided(interaction)
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        language = self._parts.gate.language(admitted.guild_id, locale)
        made = await self._parts.plans.make(admitted, wish, language=language)
        notes = []
        if wish.wants_event and not self._parts.events.may(admitted.guild_id):
            notes.append(
                _("I may not create events here, so none is shown: that takes *Create Events*.")
            )
        with speaking(language):
            told = Message(self._planned(made))
        if await publish(interaction, told) is None:
            notes.append(
                _("I may not write here, so what comes of it stands in `/plan list` alone.")
            )
            return Message("\n".join((self._planned(made), *notes)))
        said = _("Planned. `/plan list` shows it, `/plan remove` ends it.")
        return Message("\n".join((said, *notes)))

    async def _take(self, press: Press) -> Message:
        one = await self._parts.plans.take(press.admitted, (*press.args, "", "")[1])
        return Message(_("It is your plan now.") + f"\n{self._planned(one)}")

    def _planned(self, one: Planned) -> str:
        plan = one.plan
        label = self._parts.plans.label(plan.asked.guild_id, plan)
        now, who = self._parts.clock.now(), plan.asked.actor_name
        return words.planned(plan, label, now, who=who, warns=self._warns(plan))

    def _warns(self, plan: Plan) -> bool:
        """Whether its game has words for the players."""
        server = self._parts.directory.get(plan.asked.guild_id, plan.asked.server_id)
        return server is not None and bool(words_of(server.image).say)

    def _page(self, admitted: Admitted, page: int) -> Message:
        plans, now = self._parts.plans, self._parts.clock.now()
        seen = plans.seen_by(admitted.guild_id, admitted.actor)
        lines = [
            words.line(one.plan, plans.label(admitted.guild_id, one.plan), now) for one in seen
        ]
        page = min(page, max(0, len(seen) - 1) // PAGE_LINES)
        rows: list[list[Control]] = []
        options = [
            (one.id, words.label(one.plan, plans.label(admitted.guild_id, one.plan)), "")
            for one in seen[page * PAGE_LINES : (page + 1) * PAGE_LINES]
        ]
        if options:
            rows.append([choice("plan-open", options=options, placeholder=_("Open a plan …"))])
        return page_of(
            _("Plans"),
            lines,
            page,
            verb="plans",
            empty=_(
                "Nothing is planned. `/plan restart` and `/plan backup` plan something, such as "
                "`every: day 04:00`."
            ),
            rows=rows,
        )

    def _card(self, admitted: Admitted, job_id: str) -> Message:
        plans, now = self._parts.plans, self._parts.clock.now()
        one = plans.get(admitted.guild_id, admitted.actor, job_id)
        plan = one.plan
        said = "\n".join(
            (
                words.line(plan, plans.label(admitted.guild_id, plan), now),
                *words.details(plan, now, warns=self._warns(plan)),
            )
        )
        buttons: list[Control] = [button("plans", label=_("All plans"))]
        may = plans.may_touch(admitted, plan)
        if plan.paused and may:
            buttons.append(
                button(
                    f"plan-take-{plan.what}",
                    plan.asked.server_id,
                    one.id,
                    label=_("Take it over"),
                )
            )
        if may or plan.asked.actor_id == admitted.actor.id:
            if may_be_skipped(plan) and plan.due_at is not None:
                stamp = str(int(plan.due_at.timestamp()))
                buttons.append(button("plan-skip", one.id, stamp, label=_("Skip the next time")))
            if skipped_time(plan, now) is not None:
                buttons.append(button("plan-unskip", one.id, label=_("Don't skip after all")))
            buttons.append(danger("plan-remove", one.id, label=_("Remove")))
        return card(said, rows=[buttons])
