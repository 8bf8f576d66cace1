"""One power action on several servers: each decided anew, followed, and told in a line."""

import asyncio
from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Final

import discord
import structlog
from msgspec import Struct

from bot.access.acting import Audit
from bot.access.consent import NeedsConsent
from bot.access.facts import Action
from bot.access.gate import Admitted, Gate, NotAdmitted
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.panels import PanelGone
from bot.posts.answers import Post, publish
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.texts import _, _n, speaking
from bot.ui.cards import dot
from bot.ui.doors import answer_of, new_reference
from bot.ui.errors import Unfit, panel_words
from bot.ui.parts import TEXT_LIMIT, card
from bot.ui.text import bold, quoted
from bot.work.course import Signal
from bot.work.power_order import RIGHTS, PowerOrder
from bot.work.power_words import Story
from bot.work.workflow import Workflows

log = structlog.stdlib.get_logger(__name__)

SERVERS_AT_MOST: Final = 25
"""As many as one select holds."""
AT_ONCE: Final = 4
DRAFT_SECONDS: Final = 900.0
DRAFTS_AT_MOST: Final = 500
NAME_CHARACTERS: Final = 30


def action_for(signal: Signal) -> Action:
    """What is decided on each server; a kill as everywhere, for it may take two."""
    if signal is Signal.KILL:
        return Action("power kill", RIGHTS[signal], on_server=True)
    return Action("bulk power", RIGHTS[signal], on_server=True)


class Draft(Struct, frozen=True):
    """What a member wants done, until they chose where."""

    guild_id: int
    member_id: int
    signal: Signal
    reason: str
    begun_at: float


class BulkWork:
    """Runs one action on many servers, a few at a time."""

    def __init__(
        self,
        *,
        gate: Gate,
        workflows: Workflows,
        audit: Audit,
        hub: Hub,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._workflows = workflows
        self._audit = audit
        self._hub = hub
        self._directory = directory
        self._clock = clock
        self._drafts: dict[str, Draft] = {}

    def draft(self, admitted: Admitted, signal: Signal, reason: str) -> str:
        """Keep what is wanted while the servers are chosen; the token goes into the select."""
        token = token_urlsafe(8)
        self._drafts[token] = Draft(
            admitted.guild_id, admitted.actor.id, signal, reason, self._clock.monotonic()
        )
        while len(self._drafts) > DRAFTS_AT_MOST:
            del self._drafts[next(iter(self._drafts))]
        return token

    def drafted(self, admitted: Admitted, token: str) -> Draft:
        """What a token stands for, for the member who began it.

        Raises:
            Unfit: It is too old, or somebody else's.
        """
        found = self._drafts.get(token)
        whose = (admitted.guild_id, admitted.actor.id)
        if (
            found is None
            or (found.guild_id, found.member_id) != whose
            or self._clock.monotonic() - found.begun_at > DRAFT_SECONDS
        ):
            raise Unfit(_("That choice is too old. Run `/bulk power` again."))
        return found

    async def run(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        servers: Sequence[Server],
        signal: Signal,
        reason: str,
    ) -> Message:
        """Act on each server and say in the channel, line by line, what came of it."""
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        board = _Board(admitted, [(s, self._directory.label(s)) for s in servers], signal, reason)
        board.language = self._gate.language(admitted.guild_id, locale)
        await board.open(interaction)
        limit = asyncio.Semaphore(AT_ONCE)

        async def one(server: Server) -> None:
            async with limit:
                await self._one(admitted, server, board)

        await asyncio.gather(*(one(server) for server in servers))
        return board.private()

    async def _one(self, admitted: Admitted, server: Server, board: "_Board") -> None:
        """Act on one; whatever goes wrong there is its line and ends nobody else's."""
        label = bold(board.labels[server.id], NAME_CHARACTERS)
        reference = new_reference()
        try:
            own = self._gate.admit(
                admitted.guild_id,
                admitted.channel_id,
                admitted.actor,
                action_for(board.signal),
                reference,
                target=self._directory.get(admitted.guild_id, server.id),
            )
            order = PowerOrder(signal=board.signal.value, reason=board.reason, origin="bulk")
            end = await self._workflows.carry_out(
                own,
                order,
                language=board.language,
                watcher=_Line(board, server),
            )
        except NotAdmitted as error:
            await self._audit.refused(
                admitted.guild_id, admitted.channel_id, admitted.actor.id, reference, error
            )
            with speaking(board.language):
                said = _("⛔ {server}: left out, it may no longer be done.", server=label)
            await board.say(server, said, is_over=True)
        except NeedsConsent:
            with speaking(board.language):
                said = _(
                    "⛔ {server}: it takes a second member, whom `/power kill` asks.", server=label
                )
            await board.say(server, said, is_over=True)
        except Unfit as error:
            with speaking(board.language):
                said = _("⚪ {server}: not sent, another action is under way.", server=label)
            await board.say(server, said, is_over=True, details=str(error))
        except PanelError as error:
            with speaking(board.language):
                said = _("🔴 {server}: it failed, nothing was changed.", server=label)
            words = panel_words(error, panel=server.panel_name, server=server.name)
            await board.say(server, said, is_over=True, details=words)
        except PanelGone:
            with speaking(board.language):
                said = _("⛔ {server}: its panel is no longer connected.", server=label)
            await board.say(server, said, is_over=True)
        except Exception:  # the others' lines must go on
            log.exception("bulk action broke", server=server.id, reference=reference)
            with speaking(board.language):
                said = _("⚪ {server}: unknown, something broke on my side.", server=label)
            await board.say(server, said, is_over=True)
        else:
            with speaking(board.language):
                text = end(is_public=False).text
            known = self._hub.known(server)
            has_dot = text[:1] in _DOTS
            await board.say(server, text if has_dot else f"{dot(known)} {text}", is_over=True)


_DOTS: Final = frozenset("🟢🟡⚫🔵🔴⚪")


class _Line:
    """Tells of one server's action in its line."""

    shows_console = False

    def __init__(self, board: "_Board", server: Server) -> None:
        self._board = board
        self._server = server

    async def sent(self, story: Story, *, is_known: bool, is_public: bool) -> None:  # noqa: ARG002
        with speaking(story.language):
            if is_known:
                said = _("🟡 {server}: sent, waiting …", server=story.name)
            else:
                said = _("⚪ {server}: sent, but nobody says if it arrived …", server=story.name)
        await self._board.say(self._server, said)

    async def slow(self, story: Story, public: Message) -> None:  # noqa: ARG002
        await self._board.say(self._server, public.text)


class _Board:
    """The lines of one bulk action, in one message of the channel."""

    def __init__(
        self,
        admitted: Admitted,
        servers: Sequence[tuple[Server, str]],
        signal: Signal,
        reason: str,
    ) -> None:
        self.signal = signal
        self.reason = reason
        self.language = ""
        self.labels = {server.id: label for server, label in servers}
        self._actor = admitted.actor.name
        self._lines: dict[str, str] = {}
        self._over: set[str] = set()
        self._details: list[str] = []
        self._post: Post | None = None
        self._lock = asyncio.Lock()
        self._interaction: discord.Interaction | None = None

    async def open(self, interaction: discord.Interaction) -> None:
        """Show all lines as waiting."""
        self._interaction = interaction
        with speaking(self.language):
            self._lines = {
                key: _("▫️ {server}: its turn comes", server=bold(label, NAME_CHARACTERS))
                for key, label in self.labels.items()
            }
        self._post = await publish(interaction, self._shown())
        if self._post is None:
            await answer_of(interaction).show(self._shown())
            return
        told = _("I'm at it. The channel sees each server's result as it comes.")
        await answer_of(interaction).show(Message(told))

    async def say(
        self, server: Server, line: str, *, is_over: bool = False, details: str = ""
    ) -> None:
        """Set a server's line, and show it."""
        self._lines[server.id] = line
        if is_over:
            self._over.add(server.id)
        if details:
            self._details.append(details)
        async with self._lock:
            shown = self._shown()  # also what came while another edit was on its way
            if self._post is not None:
                await self._post.edit(shown)
            elif self._interaction is not None:
                await answer_of(self._interaction).show(shown)

    def private(self) -> Message:
        """What who asked hears at the end: that it is over, and why something was not done."""
        over = _n("Done with {count} server.", "Done with {count} servers.", len(self._over))
        if self._post is None:
            lines = [self._text(), *self._details, _("I may not write here, so only you see it.")]
        else:
            lines = [over, *self._details]
        return card(_cut_lines(lines))

    def _shown(self) -> Message:
        with speaking(self.language):
            return card(self._text())

    def _text(self) -> str:
        why = f": {quoted(self.reason)}" if self.reason else ""
        values = {"who": bold(self._actor), "why": why, "count": len(self.labels)}
        head = {
            Signal.START: _("{who} starts {count} servers{why}", **values),
            Signal.STOP: _("{who} stops {count} servers{why}", **values),
            Signal.RESTART: _("{who} restarts {count} servers{why}", **values),
            Signal.KILL: _("{who} kills {count} servers{why}", **values),
        }[self.signal]
        done = _("{done} of {count} done", done=len(self._over), count=len(self.labels))
        return _cut_lines([head, *self._lines.values(), f"-# {done}"])


def _cut_lines(lines: list[str]) -> str:
    """All lines, or as many as fit, and how many are missing."""
    shown = list(lines)
    while len("\n".join(shown)) > TEXT_LIMIT - 100:
        shown.pop()
    missing = len(lines) - len(shown)
    if missing:
        shown.append(_n("… and {count} more line", "… and {count} more lines", missing))
    return "\n".join(shown)
