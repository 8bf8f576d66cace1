"""What one life of the bot hears of a bulk action, and what who asked is told of it."""

import asyncio
from collections.abc import Callable

import discord

from bot.access.facts import Actor
from bot.posts.messages import Message
from bot.texts import _, _n, speaking
from bot.ui.parts import card
from bot.work.bulk_lines import BulkJob, BulkLine, board_text, cut_lines
from bot.work.power_desk import Ear
from bot.work.power_words import Story


class News:
    """What one life of the bot hears of a bulk action, and who waits for it here."""

    def __init__(self, interaction: discord.Interaction | None = None) -> None:
        self.interaction = interaction
        self.actor: Actor | None = None
        """Who was admitted a moment ago and need not be asked for at once."""
        self.ears: dict[str, Ear] = {}
        self.texts: dict[str, str] = {}
        self.details: list[str] = []
        self.wake: Callable[[], None] = lambda: None
        """Lets the job look at once."""
        self.over = asyncio.Event()
        self.state: BulkJob | None = None
        self.is_public = True

    def language(self, state: BulkJob) -> str:
        """In which who asked is spoken to."""
        return self.interaction.locale.value if self.interaction else state.language

    def say(self, server_id: str, text: str) -> None:
        """A newer line."""
        self.texts[server_id] = text
        self.wake()

    def ear(self, line: BulkLine) -> Ear:
        """Hears how one server's workflow goes on and ends."""
        ear = Ear(_Line(self, line))
        ear.end.add_done_callback(lambda _end: self.wake())
        return ear


class _Line:
    """Tells of one server's action in its line."""

    shows_console = False

    def __init__(self, news: News, line: BulkLine) -> None:
        self._news = news
        self._line = line

    async def sent(self, story: Story, *, is_known: bool, is_public: bool) -> None:  # noqa: ARG002
        with speaking(story.language):
            if is_known:
                said = _("🟡 {server}: sent, waiting …", server=story.name)
            else:
                said = _("⚪ {server}: sent, but nobody says if it arrived …", server=story.name)
        self._news.say(self._line.server_id, said)

    async def slow(self, story: Story, public: Message) -> None:  # noqa: ARG002
        self._news.say(self._line.server_id, public.text)


def private_end(news: News) -> Message:
    """What who asked hears at the end: that it is over, and why something was not done."""
    state = news.state
    count = state.over - state.cancelled if state is not None else 0
    if state is not None and not news.is_public:
        alone = _("I may not write here, so only you see it.")
        with speaking(state.language):
            text = board_text(state)
        return card(cut_lines([text, *news.details, alone]))
    over = _n("Done with {count} server.", "Done with {count} servers.", count)
    return card(cut_lines([over, *news.details]))
