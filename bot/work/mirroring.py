"""Making, changing and ending mirrors: what is checked first, and what the record keeps."""

from collections.abc import Sequence
from uuid import uuid4

import discord
from msgspec import structs

from bot.access.acting import Audit
from bot.access.gate import Admitted
from bot.access.rights import SEE, any_covers
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.posts.answers import NotSent
from bot.posts.delivery import Delivery, Paused, Place
from bot.posts.filters import (
    PATTERN_CHARACTERS,
    BadPattern,
    SlowPattern,
    checked_pattern,
)
from bot.posts.games import Preset
from bot.posts.mirrors import Mirror, Mirrors, hook_place
from bot.posts.webhooks import NO_HOOK, PER_CHANNEL, Hook, TooManyHooks, Webhooks
from bot.store import mirrors as rows
from bot.store.engine import Database
from bot.store.errors import LimitReached, NameTaken
from bot.store.mirrors import MirrorOptions, NewMirror
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import bold, code
from bot.work.posted_file import NewConsole


class Mirroring:
    """What admins do with mirrors."""

    def __init__(
        self,
        *,
        database: Database,
        mirrors: Mirrors,
        webhooks: Webhooks,
        delivery: Delivery,
        hub: Hub,
        directory: Directory,
        audit: Audit,
        clock: Clock,
        mirrors_per_guild: int,
        reads_messages: bool,
    ) -> None:
        self._database = database
        self._mirrors = mirrors
        self._webhooks = webhooks
        self._delivery = delivery
        self._hub = hub
        self._directory = directory
        self._audit = audit
        self._clock = clock
        self._mirrors_per_guild = mirrors_per_guild
        self.reads_messages = reads_messages
        """Whether the operator lets the bot read what members write."""

    async def create(
        self,
        admitted: Admitted,
        channel: discord.TextChannel | discord.Thread,
        options: MirrorOptions,
    ) -> Mirror:
        """Mirror the server's console into a channel from now on.

        Raises:
            Unfit: The channel, the server or the combination can't be; says what would help.
            LimitReached: The guild has as many mirrors as it may.
        """
        server, guild_id = admitted.server, admitted.guild_id
        self._check(admitted, channel, options)
        place = hook_place(guild_id, channel.id, _parent_of(channel))
        hook = await self._new_hook(place, server, channel)
        new = self._row(admitted, channel, options, hook)
        try:
            async with self._database.write() as session:
                row = await rows.add_mirror(
                    session,
                    guild_id=guild_id,
                    new=new,
                    at_most=self._mirrors_per_guild,
                    now=self._clock.now(),
                )
                if row is None:
                    raise _no_server()  # noqa: TRY301  # so that the webhook goes as well
                entry = self._audit.entry(
                    admitted, "change", outcome="made", detail=f"channel {channel.id}"
                )
                await self._audit.append(session, guild_id, entry)
        except NameTaken:
            await self._webhooks.delete(place, hook)
            raise self._twice(server, channel.id) from None
        except BaseException:
            await self._webhooks.delete(place, hook)
            raise
        return self._mirrors.start(row, hook)

    def planned(
        self, admitted: Admitted, guild: discord.Guild, wanted: Sequence[NewConsole]
    ) -> tuple[list[NewMirror], list[str]]:
        """The mirrors of a guild's file as rows, without a webhook yet; says in words which can't
        be, and why."""
        planned: list[NewMirror] = []
        refused = []
        for one in wanted:
            try:
                planned.append(self._planned(admitted, guild, one, planned))
            except (Unfit, LimitReached) as error:
                said = str(error) if isinstance(error, Unfit) else _("The guild has too many.")
                where = self._where(admitted.guild_id, one.server_id, one.channel_id)
                refused.append(f"{where}: {said}")
        return planned, refused

    def _planned(
        self,
        admitted: Admitted,
        guild: discord.Guild,
        wanted: NewConsole,
        before: Sequence[NewMirror],
    ) -> NewMirror:
        """One of them, beside those before it.

        Raises:
            Unfit, LimitReached: As `create`.
        """
        server = self._directory.get(admitted.guild_id, wanted.server_id)
        channel = guild.get_channel_or_thread(wanted.channel_id)
        options = wanted.options
        if server is None:
            raise _no_server()
        if not isinstance(channel, discord.TextChannel | discord.Thread):
            raise Unfit(_("A console goes into a text channel or a thread."))
        if len(self._mirrors.of(admitted.guild_id)) + len(before) >= self._mirrors_per_guild:
            raise LimitReached(self._mirrors_per_guild)
        for pattern in (options.include, options.exclude):
            self.pattern(pattern)
        own = structs.replace(admitted, target=server)
        self._check(own, channel, options)
        if options.two_way and any(
            one.options.two_way and one.channel_id == channel.id for one in before
        ):
            raise Unfit(_("A message can go to one console only."))
        return self._row(own, channel, options, NO_HOOK)

    def _row(
        self,
        admitted: Admitted,
        channel: discord.TextChannel | discord.Thread,
        options: MirrorOptions,
        hook: Hook,
    ) -> NewMirror:
        mirror_id = str(uuid4())
        return NewMirror(
            id=mirror_id,
            server_id=admitted.server.id,
            channel_id=channel.id,
            parent_id=_parent_of(channel),
            webhook_id=hook.id,
            token_sealed=self._mirrors.seal(admitted.guild_id, mirror_id, hook.token),
            options=options,
            made_by=admitted.actor.id,
        )

    def _where(self, guild_id: int, server_id: str, channel_id: int) -> str:
        server = self._directory.get(guild_id, server_id)
        label = bold(self._directory.label(server)) if server else _("a server that is gone")
        return f"{label} → <#{channel_id}>"

    async def take_up(self, guild_id: int) -> list[str]:
        """Begin mirrors whose rows are there; says in words which have no webhook so far, and why.

        Those begin by themselves once they can, also after a restart.
        """
        waiting = []
        for mirror in await self._mirrors.take_up(guild_id):
            server = self._directory.get(guild_id, mirror.row.server_id)
            try:
                self._delivery.resume(mirror.place)
                await self._mirrors.equip(mirror, server.name if server else "")
            except TooManyHooks:
                why = _("The channel has as many webhooks as Discord allows; remove one.")
            except Paused:
                why = _("Discord doesn't let me make a webhook there.")
            except NotSent:
                why = _("Discord doesn't answer just now.")
            else:
                continue
            where = self._where(guild_id, mirror.row.server_id, mirror.row.channel_id)
            later = _("It is set up, and I go on by myself once that is over.")
            waiting.append(f"{where}: {why} {later}")
        return waiting

    async def change(self, admitted: Admitted, mirror: Mirror, options: MirrorOptions) -> None:
        """Take what was chosen anew.

        Raises:
            Unfit: The channel has another two-way mirror already, or the mirror is gone.
        """
        if options.two_way and not mirror.options.two_way:
            self._check_two_way(admitted.guild_id, mirror.row.channel_id)
        async with self._database.write() as session:
            row = await rows.save_mirror_options(
                session,
                guild_id=admitted.guild_id,
                mirror_id=mirror.row.id,
                options=options,
            )
            if row is None:
                raise gone()
            entry = self._audit.entry(
                admitted, "change", outcome="changed", detail=_difference(mirror.options, options)
            )
            await self._audit.append(session, admitted.guild_id, entry)
        mirror.change(row)

    async def remove(self, admitted: Admitted, mirror: Mirror) -> None:
        """Mirror no longer; its webhook goes, its messages stay."""
        async with self._database.write() as session:
            await rows.remove_mirror(session, guild_id=admitted.guild_id, mirror_id=mirror.row.id)
            entry = self._audit.entry(
                admitted, "change", outcome="removed", detail=f"channel {mirror.row.channel_id}"
            )
            await self._audit.append(session, admitted.guild_id, entry)
        self._mirrors.take_down([mirror])

    def try_again(self, mirror: Mirror) -> None:
        """Send to a paused channel again."""
        self._delivery.resume(mirror.place)
        mirror.has_no_room = False

    def find(self, admitted: Admitted, channel_id: int | None) -> list[Mirror]:
        """The mirrors meant by a server and, where given, a channel."""
        return [
            mirror
            for mirror in self._mirrors.of(admitted.guild_id)
            if (admitted.target is None or mirror.row.server_id == admitted.target.id)
            and channel_id in (None, mirror.row.channel_id)
        ]

    def get(self, admitted: Admitted, mirror_id: str) -> Mirror:
        """One of the guild's mirrors.

        Raises:
            Unfit: It is gone.
        """
        mirror = self._mirrors.get(admitted.guild_id, mirror_id)
        if mirror is None:
            raise gone()
        return mirror

    def filtered(self, text: str) -> dict[str, str]:
        """What `filter` means, as fields of options: a preset's name, else a pattern.

        Raises:
            Unfit: It is neither.
        """
        wanted = text.strip()
        if wanted.casefold() in [preset.value for preset in Preset]:
            return {"preset": wanted.casefold(), "include": ""}
        return {"include": self.pattern(wanted)}

    def pattern(self, text: str) -> str:
        """A pattern as typed, tried out.

        Raises:
            Unfit: It is none, or takes too long.
        """
        if not text:
            return ""
        try:
            checked_pattern(text, self._clock)
        except BadPattern as error:
            if len(text) > PATTERN_CHARACTERS:
                raise Unfit(
                    _("A pattern may have {count} characters.", count=PATTERN_CHARACTERS)
                ) from None
            raise Unfit(
                _(
                    "{pattern} is no regular expression: {reason}. A plain word works too, such "
                    "as `joined`.",
                    pattern=code(text, 80),
                    reason=code(error.reason, 120),
                )
            ) from None
        except SlowPattern:
            raise Unfit(
                _(
                    "{pattern} takes too long: something repeated stands within something "
                    "repeated. Make it simpler, such as `joined|left`.",
                    pattern=code(text, 80),
                )
            ) from None
        return text

    def _check(
        self,
        admitted: Admitted,
        channel: discord.TextChannel | discord.Thread,
        options: MirrorOptions,
    ) -> None:
        server, guild_id = admitted.server, admitted.guild_id
        # webhooks belong to the channel above a thread, and so does the permission
        above = channel.parent if isinstance(channel, discord.Thread) else channel
        rights = above.permissions_for(channel.guild.me) if above else discord.Permissions.none()
        if not (rights.view_channel and rights.manage_webhooks):
            raise Unfit(
                _(
                    "I can't make a webhook in {channel}, and by one I post. Give me *View "
                    "Channel* and *Manage Webhooks* there, then try again.",
                    channel=channel.mention,
                )
            )
        mirrors = self._mirrors.of(guild_id)
        if any(m.row.server_id == server.id and m.row.channel_id == channel.id for m in mirrors):
            raise self._twice(server, channel.id)
        if options.two_way:
            self._check_two_way(guild_id, channel.id)
        if len(mirrors) >= self._mirrors_per_guild:
            raise LimitReached(self._mirrors_per_guild)
        if not any_covers(server.key_rights, SEE):
            raise Unfit(
                _(
                    "The panel key connected here can't hear the console of {server}. Give its "
                    "account {right} there.",
                    server=bold(self._directory.label(server)),
                    right=code(SEE),
                )
            )
        if not self._hub.may_watch(server):
            raise Unfit(
                _(
                    "This guild watches as many servers as it may, with boards, mirrors and "
                    "alerts. Remove one that isn't needed."
                )
            )

    def _check_two_way(self, guild_id: int, channel_id: int) -> None:
        other = self._mirrors.two_way(guild_id, channel_id)
        if other is None:
            return
        server = self._directory.get(guild_id, other.row.server_id)
        raise Unfit(
            _(
                "What is written in {channel} goes to {server} already, and a message can go to "
                "one console only. Choose another channel.",
                channel=f"<#{channel_id}>",
                server=bold(self._directory.label(server)) if server else _("another server"),
            )
        )

    async def _new_hook(
        self, place: Place, server: Server, channel: discord.TextChannel | discord.Thread
    ) -> Hook:
        self._delivery.resume(place)
        try:
            return await self._webhooks.create(place, server.name, is_first=True)
        except TooManyHooks:
            raise Unfit(
                _(
                    "{channel} has {count} webhooks, and Discord allows no more. Remove one in "
                    "the channel's settings → Integrations.",
                    channel=channel.mention,
                    count=PER_CHANNEL,
                )
            ) from None
        except Paused:
            raise Unfit(
                _(
                    "Discord doesn't let me make a webhook in {channel}. Give me *View Channel* "
                    "and *Manage Webhooks* there, then try again.",
                    channel=channel.mention,
                )
            ) from None
        except NotSent:
            raise Unfit(_("Discord doesn't answer just now. Try again in a minute.")) from None

    def _twice(self, server: Server, channel_id: int) -> Unfit:
        return Unfit(
            _(
                "{server} is mirrored into {channel} already. `/mirror edit` changes it.",
                server=bold(self._directory.label(server)),
                channel=f"<#{channel_id}>",
            )
        )


def gone() -> Unfit:
    """That a mirror isn't there any more."""
    return Unfit(_("That mirror is gone. `/mirror list` shows which there are."))


def _parent_of(channel: discord.TextChannel | discord.Thread) -> int | None:
    return channel.parent_id if isinstance(channel, discord.Thread) else None


def _no_server() -> Unfit:
    return Unfit(_("That server is gone. `/server list` shows what is there."))


def _difference(old: MirrorOptions, new: MirrorOptions) -> str:
    """What changed, for the record; patterns are an admin's own words."""
    before, after = structs.asdict(old), structs.asdict(new)
    return ", ".join(f"{key}: {after[key]!r}"[:200] for key in after if after[key] != before[key])
