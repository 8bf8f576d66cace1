"""Reading the console and writing to it, for the length of one answer."""

import contextlib
import io
from collections.abc import Sequence

import discord

from bot.access.acting import Acting
from bot.access.console_lines import has_control
from bot.access.decision import Allow
from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub, Listener
from bot.fleet.known import State
from bot.posts.lines import console_text, lost_words
from bot.posts.messages import Message
from bot.posts.redaction import redacted_lines
from bot.pterodactyl import ServerOffline
from bot.pterodactyl.console_events import ConsoleLine, Lost
from bot.texts import _, _n
from bot.ui.cards import state_name
from bot.ui.doors import answer_of
from bot.ui.errors import Unfit
from bot.ui.parts import Colour, button, card
from bot.ui.text import block, bold, brief_line, code

LISTEN_SECONDS = 4.0
ANSWER_SECONDS = 3.0
"""How long after a command its lines are waited for."""
FOLLOW_SECONDS = 300.0
FOLLOW_EVERY_SECONDS = 2.0
COMMAND_CHARACTERS = 2000
SHOWN_CHARACTERS = 3000
TAIL_LINES = 25
FILE_LINES = 100
MOST_LINES = 150
"""The node keeps no more (contract: console.md)."""


class ConsoleWork:
    """Runs commands and shows lines."""

    def __init__(
        self, gate: Gate, acting: Acting, hub: Hub, directory: Directory, clock: Clock
    ) -> None:
        self._gate = gate
        self._acting = acting
        self._hub = hub
        self._directory = directory
        self._clock = clock

    async def run(self, admitted: Admitted, command: str, *, shows_answer: bool = True) -> Message:
        """Send one command and show what the console says in the next seconds.

        Without `shows_answer` the console isn't listened to: who may run a recipe need not have the
        right to read it.

        Raises:
            Unfit: It is empty, too long, or more than one line.
            NotAdmitted: The guild's console rules forbid it.
            PanelError: It was refused, or may or may not have arrived.
        """
        line = self.checked(admitted, command)
        server = admitted.server
        head = _("Sent to {server}: {command}", server=self._bold(server), command=code(line, 300))
        if not shows_answer:
            await self._send(admitted, line)
            return card(head)
        async with self._hub.listen(server) as ears:
            hears = await self._hub.wait_live(server, LISTEN_SECONDS, caught_up=True)
            await self._send(admitted, line)
            lines = await self._lines_of(ears) if hears else []
        if lines:
            return card(f"{head}\n{block(chr(10).join(map(brief_line, lines)), SHOWN_CHARACTERS)}")
        if not hears:
            note = _("I can't hear the console just now, so I don't know what it answered.")
        else:
            note = _("It said nothing within {count} s.", count=round(ANSWER_SECONDS))
        return card(f"{head}\n{note}")

    async def send(self, admitted: Admitted, command: str) -> None:
        """Send one command, where its answer is heard anyway.

        Raises:
            As `run`.
        """
        await self._send(admitted, self.checked(admitted, command))

    async def _send(self, admitted: Admitted, line: str) -> None:
        server = admitted.server
        try:
            async with self._acting(admitted, detail=line) as panel:
                await panel.servers.send_console_command(server.uuid, line)
        except ServerOffline:
            known = await self._hub.look(server, fresh_seconds=0)
            if known.state is not State.OFFLINE:
                raise
            raise Unfit(
                _(
                    "{server} isn't running, so it can't take commands.",
                    server=self._bold(server),
                )
            ) from None

    def checked(self, admitted: Admitted, command: str) -> str:
        """The one line to send, if this member may send it there.

        Raises:
            Unfit: It is empty, too long, or more than one line.
            NotAdmitted: The guild's console rules forbid it.
        """
        line = checked_command(command)
        self._gate.check_line(admitted, line)
        return line

    async def tail(self, admitted: Admitted, count: int = TAIL_LINES) -> Message:
        """The last lines, with a button to follow.

        Raises:
            PanelError: The console can't be had.
        """
        server = admitted.server
        async with self._hub.listen(server):
            if not await self._hub.wait_live(server, LISTEN_SECONDS, caught_up=True):
                await self._say_why(server)
            return self._shown(admitted, count)

    async def last_lines(self, admitted: Admitted) -> Message:
        """As many of the last lines as the node keeps, in a file.

        Raises:
            PanelError: The console can't be had.
            Unfit: It can't be heard.
        """
        server = admitted.server
        async with self._hub.listen(server):
            if not await self._hub.wait_live(server, LISTEN_SECONDS, caught_up=True):
                await self._say_why(server)
            heard = [line.text for line in self._hub.lines(server, FILE_LINES)]
        label = self._bold(server)
        if not heard:
            return Message(_("{server} has said nothing yet, or isn't running.", server=label))
        said = _n(
            "The last line of {server}.",
            "The last {count} lines of {server}.",
            len(heard),
            server=label,
        )
        return Message(said, files=(lines_file(heard),))

    async def _say_why(self, server: Server) -> None:
        """Why the console can't be heard, where it is more than a node that is slow.

        Raises:
            PanelError: The panel or node refused for good.
            Unfit: The server is in a state without a console, or panel or node don't answer.
        """
        failure = self._hub.failure(server)
        if failure is not None:
            raise failure
        known = await self._hub.look(server, fresh_seconds=0)
        if not known.state.is_power_state:
            raise Unfit(
                _(
                    "The console of {server} can't be heard: {state}.",
                    server=self._bold(server),
                    state=state_name(known.state),
                )
            )

    async def follow(self, interaction: discord.Interaction, admitted: Admitted) -> Message:
        """Show new lines in the answer for five minutes; the right is looked at again each time."""
        server, answer = admitted.server, answer_of(interaction)
        ends_at = self._clock.monotonic() + FOLLOW_SECONDS
        async with self._hub.listen(server) as ears:
            await self._hub.wait_live(server, LISTEN_SECONDS, caught_up=True)
            while self._clock.monotonic() < ends_at:
                still = self._gate.decide(
                    admitted.guild_id, admitted.actor, admitted.action, server
                )
                if not isinstance(still, Allow):
                    return Message(_("You may no longer read this console."))
                await answer.show(self._shown(admitted, TAIL_LINES, is_followed=True))
                if answer.is_gone:
                    break
                if not await self._heard_something(ears, ends_at):
                    break
                await self._clock.sleep(FOLLOW_EVERY_SECONDS)
        return self._shown(admitted, TAIL_LINES)

    def _shown(self, admitted: Admitted, count: int, *, is_followed: bool = False) -> Message:
        server = admitted.server
        heard = self._hub.lines(server, min(count, MOST_LINES))
        lines = [text for line in heard for text in console_text(line.text).split("\n")]
        label = self._bold(server)
        if lines:
            text = f"{label}\n{block(chr(10).join(map(brief_line, lines)), SHOWN_CHARACTERS)}"
        else:
            text = _("{server} has said nothing yet, or isn't running.", server=label)
        if not self._hub.known(server).is_live:
            text += "\n-# " + _("The console can't be heard just now; these may be old.")
        footer = _("live for 5 minutes") if is_followed else ""
        row = []
        if not is_followed:
            row.append(button("follow", server.id, label=_("Follow")))
            row.append(button("console", server.id, label=_("Refresh"), emoji="🔄"))
        row.append(button("command", server.id, label=_("Command …")))
        return card(text, colour=Colour.NONE, rows=[row], footer=footer)

    async def _lines_of(self, ears: Listener) -> list[str]:
        lines: list[str] = []
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(ANSWER_SECONDS):
                async for event in ears:
                    match event:
                        case ConsoleLine(is_history=False):
                            lines += console_text(event.text).split("\n")
                        case Lost() if event.cause != "queue" or event.lines:
                            lines.append(lost_words(event))
                        case _:
                            pass
        return lines

    async def _heard_something(self, ears: Listener, ends_at: float) -> bool:
        """Wait for the next line; False once the time is over or the console ended."""
        left = ends_at - self._clock.monotonic()
        try:
            async with self._clock.timeout(max(0.1, left)):
                async for event in ears:
                    if isinstance(event, ConsoleLine | Lost):
                        return True
        except TimeoutError:
            pass
        return False

    def _bold(self, server: Server) -> str:
        return bold(self._directory.label(server))


def lines_file(heard: Sequence[str]) -> discord.File:
    """The lines of a console as a file, without what is nobody's business."""
    text = "\n".join(redacted_lines(map(console_text, heard)))
    return discord.File(io.BytesIO(text.encode("utf-8", "replace")), "console.txt")


def checked_command(command: str) -> str:
    """The one line to send.

    Raises:
        Unfit: It is empty, too long, or more than one line.
    """
    line = command.strip()
    if not line:
        raise Unfit(_("The command is empty. Type what the console is to run."))
    if "\n" in line or "\r" in line:
        raise Unfit(_("One line at a time: each line would run as a command of its own."))
    if has_control(line):
        raise Unfit(
            _(
                "There is a control character in it, which a console could act upon. Type it "
                "again by hand."
            )
        )
    if len(line) > COMMAND_CHARACTERS:
        raise Unfit(
            _(
                "That command has {count} characters, and I send at most {most}: consoles cut "
                "longer ones off in the middle.",
                count=len(line),
                most=COMMAND_CHARACTERS,
            )
        )
    return line
