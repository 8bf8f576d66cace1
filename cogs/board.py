"""/board: messages that stay true."""

from collections.abc import Sequence
from secrets import token_urlsafe
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands
from msgspec import Struct, structs

from bot.access.gate import SEEING, Admitted
from bot.access.rights import ADMIN, ANYONE
from bot.fleet.directory import Server
from bot.fleet.known import State
from bot.posts.messages import Message
from bot.store.boards import BoardServer, NewBoard, Pause, Style
from bot.texts import _, _n, speaking
from bot.ui.boards import SERVERS_AT_MOST, WITH_BUTTONS_AT_MOST
from bot.ui.cards import server_card
from bot.ui.doors import Ack, Press, actor_of, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import ADMINS, group
from bot.ui.pages import page_number, page_of
from bot.ui.parts import Control, button, card, choice, danger, field, form
from bot.ui.policies import policy_lines
from bot.ui.text import bold, name
from bot.work.board import Board
from bot.work.history import RANGES
from cogs.parts import Parts

SHOWN: Final = 25
"""Servers in one select."""
DRAFT_SECONDS: Final = 900.0
DRAFTS_AT_MOST: Final = 500
NO_CHART: Final = "none"
_NOT_NEW: Final = "-"


class Draft(Struct, frozen=True, kw_only=True):
    """A board as an admin wants it, until its servers are chosen."""

    guild_id: int
    member_id: int
    begun_at: float
    channel_id: int
    title: str
    style: Style
    chart: str
    board_id: str = _NOT_NEW
    """The board that is changed, where it is none that is made."""
    chosen: tuple[str, ...] = ()
    search: str = ""
    page: int = 0


class BoardCog(commands.Cog):
    """Boards of the guild; only admins see this, but for the select on a board itself."""

    board = group("board", "Messages that always show how servers are", seen_by=ADMINS)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._drafts: dict[str, Draft] = {}

    @command(board, right=ADMIN, description="Post a message that stays true for 1 to 25 servers")
    @app_commands.describe(
        channel="The channel or thread it stands in; left out: here",
        style="How much of each server it shows; lines to begin with",
        chart="A chart on it, of the last hour, day or week; needs history in /config",
        title="Its heading",
    )
    @app_commands.choices(
        style=[
            app_commands.Choice(name="A line or two each, up to 25 servers", value=Style.LINES),
            app_commands.Choice(name="All numbers of each", value=Style.CARDS),
            app_commands.Choice(name="With power buttons, up to 7 servers", value=Style.BUTTONS),
        ],
        chart=[
            app_commands.Choice(name="No chart", value=NO_CHART),
            app_commands.Choice(name="The last hour", value="1h"),
            app_commands.Choice(name="The last 24 hours", value="24h"),
            app_commands.Choice(name="The last 7 days", value="7d"),
        ],
    )
    async def create(
        self,
        interaction: discord.Interaction,
        channel: discord.TextChannel | discord.Thread | None = None,
        style: str = Style.LINES.value,
        chart: str = NO_CHART,
        title: app_commands.Range[str, 1, 80] = "",
    ) -> Message:
        admitted = decided(interaction)
        draft = Draft(
            guild_id=admitted.guild_id,
            member_id=admitted.actor.id,
            begun_at=self._parts.clock.monotonic(),
            channel_id=_writable(interaction, channel, with_files=chart in RANGES),
            title=title.strip() or self._usual_title(admitted.guild_id, interaction),
            style=_style(style),
            chart=chart if chart in RANGES else "",
        )
        servers = self._parts.directory.of(admitted.guild_id)
        if not servers:
            raise Unfit(_("There is no server yet. Connect a panel with `/panel add` first."))
        if draft.chart and not self._parts.usage.is_on(admitted.guild_id):
            self._parts.boards.check(admitted.guild_id, draft.style, draft.chart, [servers[0].id])
        if len(servers) == 1:
            draft = structs.replace(draft, chosen=(servers[0].id,))
        return self._choosing(draft, self._keep(draft))

    @command(board, name="list", right=ADMIN, description="The boards there are, and their health")
    async def list_boards(self, interaction: discord.Interaction) -> Message:
        return self._page(decided(interaction), 0)

    @command(board, right=ADMIN, description="Take a board away, with its message")
    async def remove(self, interaction: discord.Interaction) -> Message:
        boards = self._parts.boards.of(decided(interaction).guild_id)
        if not boards:
            return self._page(decided(interaction), 0)
        return card(
            "## " + _("Remove a board"),
            rows=[[self._picker(boards, "board-drop", _("Which one? It goes at once."))]],
        )

    # choosing its servers

    @component("board-pick", right=ADMIN, ack=Ack.UPDATE, name="board create")
    async def picked(self, press: Press) -> Message:
        token, draft = self._draft(press)
        offered = {server.id for server in self._offered(draft)}
        kept = [one for one in draft.chosen if one not in offered]
        chosen = (*kept, *(one for one in press.values if one in offered))
        if len(chosen) > SERVERS_AT_MOST:
            self._parts.boards.check(press.admitted.guild_id, draft.style, "", chosen)
        return self._choosing(structs.replace(draft, chosen=chosen), token)

    @component("board-leaf", right=ADMIN, ack=Ack.UPDATE, name="board create")
    async def leaf_servers(self, press: Press) -> Message:
        token, draft = self._draft(press)
        page = page_number((*press.args, "0", "0")[1])
        return self._choosing(structs.replace(draft, page=page), token)

    @component("board-search", right=ADMIN, ack=Ack.MODAL, name="board create")
    async def search(self, press: Press) -> None:
        token, draft = self._draft(press)
        await press.interaction.response.send_modal(
            form(
                "board-found",
                token,
                title=_("Search servers"),
                fields=[
                    field(
                        "search",
                        label=_("Part of a name, or an identifier"),
                        description=_("Empty shows all again"),
                        value=draft.search,
                        is_required=False,
                        most=45,
                    )
                ],
            )
        )

    @component("board-found", right=ADMIN, ack=Ack.UPDATE, name="board create")
    async def found(self, press: Press) -> Message:
        token, draft = self._draft(press)
        search = press.field("search").strip()
        return self._choosing(structs.replace(draft, search=search, page=0), token)

    @component("board-post", right=ADMIN, ack=Ack.UPDATE, name="board create")
    async def post(self, press: Press) -> Message:
        token, draft = self._draft(press)
        admitted = press.admitted
        chosen = [self._parts.directory.get(admitted.guild_id, one) for one in draft.chosen]
        servers = tuple(BoardServer(s.id, s.name) for s in chosen if s is not None)
        if draft.board_id != _NOT_NEW:
            board = await self._parts.boards.change(
                admitted, draft.board_id, servers=servers, style=draft.style, chart=draft.chart
            )
            self._drafts.pop(token, None)
            return self._card(board)
        made = await self._parts.boards.create(
            admitted,
            NewBoard(
                channel_id=draft.channel_id,
                title=draft.title,
                style=draft.style,
                chart=draft.chart,
                servers=servers,
                made_by=admitted.actor.id,
            ),
        )
        self._drafts.pop(token, None)
        where = f"<#{draft.channel_id}>"
        if not made.is_posted:
            return Message(
                _("The board is kept, but Discord doesn't take it in {channel} yet. I go on "
                  "trying; `/board list` shows how it stands.", channel=where)
            )  # fmt: skip
        said = _("The board stands in {channel} and stays true by itself.", channel=where)
        if made.row.chart:
            said += "\n" + _("Its chart fills as history grows.")
        return Message(said)

    # what there is

    @component("boards", right=ADMIN, ack=Ack.UPDATE, name="board list")
    async def leaf(self, press: Press) -> Message:
        return self._page(press.admitted, page_number((*press.args, "0")[0]))

    @component("board-card", right=ADMIN, ack=Ack.UPDATE, name="board list")
    async def open_board(self, press: Press) -> Message:
        return self._card(self._chosen(press))

    @component("board-again", right=ADMIN, ack=Ack.UPDATE, name="board create")
    async def again(self, press: Press) -> Message:
        board_id = (*press.args, "")[0]
        return self._card(await self._parts.boards.post_again(press.admitted, board_id))

    @component("board-edit", right=ADMIN, ack=Ack.UPDATE, name="board create")
    async def edit(self, press: Press) -> Message:
        row = self._chosen(press).row
        draft = Draft(
            guild_id=row.guild_id,
            member_id=press.admitted.actor.id,
            begun_at=self._parts.clock.monotonic(),
            channel_id=row.channel_id,
            title=row.title,
            style=row.style,
            chart=row.chart,
            board_id=row.id,
            chosen=tuple(one.id for one in row.servers),
        )
        return self._choosing(draft, self._keep(draft))

    @component("board-style", right=ADMIN, ack=Ack.UPDATE, name="board create")
    async def style(self, press: Press) -> Message:
        token, draft = self._draft(press)
        style = _style((*press.values, "")[0])
        return self._choosing(structs.replace(draft, style=style), token)

    @component("board-drop", right=ADMIN, ack=Ack.UPDATE, name="board remove")
    async def drop(self, press: Press) -> Message:
        row = await self._parts.boards.remove(press.admitted, self._chosen(press).row.id)
        return Message(_("{title} is removed, and its message with it.", title=bold(row.title)))

    @component("board-open", right=ANYONE, name="server info")
    async def open_server(self, press: Press) -> Message:
        """The card of a server, for whoever chose it on a board; they are decided about here."""
        admitted, gate = press.admitted, self._parts.gate
        actor, wanted = actor_of(press.interaction), (*press.values, "")[0]
        server = gate.resolve(admitted.guild_id, admitted.channel_id, actor, SEEING, wanted)
        own = gate.admit(
            admitted.guild_id,
            admitted.channel_id,
            actor,
            SEEING,
            admitted.reference,
            target=server,
        )
        known = await self._parts.hub.look(server)
        count = self._parts.players.known(server)
        if known.state is State.RUNNING:
            count = await self._parts.players.count(server)
        return server_card(
            server,
            self._parts.directory.label(server),
            known,
            count,
            may=lambda right: gate.may(own, right),
            now=self._parts.clock.now(),
            policies=policy_lines(
                gate.book(admitted.guild_id), server, self._parts.directory.label(server)
            ),
        )

    def _usual_title(self, guild_id: int, interaction: discord.Interaction) -> str:
        """In the guild's language, not in that of whoever makes it."""
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        with speaking(self._parts.gate.language(guild_id, locale)):
            return _("Servers")

    def _keep(self, draft: Draft) -> str:
        token = token_urlsafe(8)
        self._drafts[token] = draft
        while len(self._drafts) > DRAFTS_AT_MOST:
            del self._drafts[next(iter(self._drafts))]
        return token

    def _draft(self, press: Press) -> tuple[str, Draft]:
        token = (*press.args, "")[0]
        found = self._drafts.get(token)
        whose = (press.admitted.guild_id, press.admitted.actor.id)
        if (
            found is None
            or (found.guild_id, found.member_id) != whose
            or self._parts.clock.monotonic() - found.begun_at > DRAFT_SECONDS
        ):
            raise Unfit(_("That choice is too old. Run `/board create` again."))
        return token, found

    def _matching(self, draft: Draft) -> Sequence[Server]:
        servers = self._parts.directory.of(draft.guild_id)
        if not draft.search:
            return servers
        return self._parts.directory.search(servers, draft.search, len(servers))

    def _offered(self, draft: Draft) -> Sequence[Server]:
        return self._matching(draft)[draft.page * SHOWN : (draft.page + 1) * SHOWN]

    def _choosing(self, draft: Draft, token: str) -> Message:
        matching = self._matching(draft)
        last = max(0, (len(matching) - 1) // SHOWN)
        draft = structs.replace(draft, page=min(draft.page, last))
        self._drafts[token] = draft
        offered, label = self._offered(draft), self._parts.directory.label
        chosen = [self._parts.directory.get(draft.guild_id, one) for one in draft.chosen]
        names = [bold(label(server), 30) for server in chosen if server is not None]
        lines = [f"## {name(draft.title, 80)}"]
        lines.append(
            _n("{count} server: {names}", "{count} servers: {names}", len(names),
               names=", ".join(names)) if names else _("Which servers shall be on it?")
        )  # fmt: skip
        if draft.search:
            lines.append(_("Search: {text}", text=bold(draft.search, 45)))
            if not matching:
                lines.append(_("No server of that name."))
        rows: list[list[Control]] = []
        if offered:
            options = [(s.id, label(s), s.identifier) for s in offered]
            rows.append(
                [
                    choice(
                        "board-pick",
                        token,
                        options=options,
                        placeholder=_("Choose servers"),
                        least=0,
                        most=len(options),
                        chosen=draft.chosen,
                    )
                ]
            )
        if draft.board_id != _NOT_NEW:
            rows.append([_styles(token, draft.style)])
        steps: list[Control] = []
        if last:
            back, forth = str(max(0, draft.page - 1)), str(draft.page + 1)
            steps.append(
                button("board-leaf", token, back, "b", label="◀", is_disabled=draft.page == 0)
            )
            steps.append(
                button("board-leaf", token, forth, "f", label="▶", is_disabled=draft.page == last)
            )
        if last or draft.search:
            steps.append(button("board-search", token, label=_("Search …")))
        done = _("Post the board") if draft.board_id == _NOT_NEW else _("Save")
        style = discord.ButtonStyle.success
        steps.append(button("board-post", token, label=done, style=style, is_disabled=not names))
        rows.append(steps)
        footer = _("page {page} of {pages}", page=draft.page + 1, pages=last + 1) if last else ""
        return card("\n".join(lines), rows=rows, footer=footer)

    def _chosen(self, press: Press) -> Board:
        board_id = (*press.values, *press.args, "")[0]
        return self._parts.boards.get(press.admitted.guild_id, board_id)

    def _picker(
        self, boards: Sequence[Board], verb: str, placeholder: str
    ) -> "discord.ui.Select[Any]":
        options = [
            (board.row.id, board.row.title, _servers(len(board.row.servers)))
            for board in boards[:SHOWN]
        ]
        return choice(verb, options=options, placeholder=placeholder)

    def _page(self, admitted: Admitted, page: int) -> Message:
        boards = self._parts.boards.of(admitted.guild_id)
        lines = [
            f"{bold(board.row.title)} <#{board.row.channel_id}> · "
            f"{_servers(len(board.row.servers))} · {self._health(board)}"
            for board in boards
        ]
        return page_of(
            _("Boards"),
            lines,
            page,
            verb="boards",
            empty=_("No board yet. `/board create` posts a message that stays true."),
            rows=[[self._picker(boards, "board-card", _("Open one …"))]] if boards else [],
        )

    def _health(self, board: Board) -> str:
        match board.row.paused:
            case Pause.MESSAGE_GONE:
                return _("paused, its message was deleted")
            case Pause.CHANNEL_GONE:
                return _("paused, its channel is gone")
        row = board.row
        if board.is_refused and self._parts.places.is_shut(row.guild_id, row.channel_id):
            return _("waits, its thread is closed and locked")
        if board.is_refused:
            return _("waits, I may not write there")
        if board.row.message_id is None:
            return _("not posted yet")
        if board.unwatched:
            return _n(
                "{count} server is too many to watch",
                "{count} servers are too many to watch",
                len(board.unwatched),
            )
        return _("kept true")

    def _card(self, board: Board) -> Message:
        row = board.row
        label = self._parts.directory.label
        found = ((one, self._parts.directory.get(row.guild_id, one.id)) for one in row.servers)
        names = ", ".join(
            bold(label(server), 30) if server else f"{bold(one.name, 30)} ({_('gone')})"
            for one, server in found
        )
        where = f"<#{row.channel_id}>"
        if row.message_id is not None:
            where = f"https://discord.com/channels/{row.guild_id}/{row.channel_id}/{row.message_id}"
        buttons: list[Control] = [button("boards", "0", label=_("Back"))]
        buttons.append(button("board-edit", row.id, label=_("Change …")))
        is_ill = row.paused is not None or board.is_refused or row.message_id is None
        if is_ill and row.paused is not Pause.CHANNEL_GONE:
            buttons.append(button("board-again", row.id, label=_("Post again")))
        buttons.append(danger("board-drop", row.id, label=_("Remove")))
        health = self._health(board)
        return card(f"## {name(row.title, 80)}\n{where} · {health}\n{names}", rows=[buttons])


def _styles(token: str, held: Style) -> Control:
    options = [
        (Style.LINES.value, _("A line or two each"), ""),
        (Style.CARDS.value, _("All numbers of each"), ""),
        (
            Style.BUTTONS.value,
            _("With power buttons"),
            _("up to {count} servers", count=WITH_BUTTONS_AT_MOST),
        ),
    ]
    return choice(
        "board-style", token, options=options, placeholder=_("Style"), chosen=[held.value]
    )


def _style(text: str) -> Style:
    try:
        return Style(text)
    except ValueError:
        raise Unfit(_("I know no style {name}. Pick one from the list.", name=bold(text))) from None


def _servers(count: int) -> str:
    return _n("{count} server", "{count} servers", count)


def _writable(
    interaction: discord.Interaction,
    channel: discord.TextChannel | discord.Thread | None,
    *,
    with_files: bool,
) -> int:
    """The id of a channel where the bot may post a board.

    Raises:
        Unfit: It may not; names what is missing.
    """
    here = channel or interaction.channel
    if not isinstance(here, discord.TextChannel | discord.Thread):
        raise Unfit(_("A board stands in a text channel or a thread. Name one as `channel`."))
    if isinstance(here, discord.Thread) and here.parent is None:
        raise Unfit(_("I can't see the channel above this thread. Give me *View Channel* there."))
    rights = here.permissions_for(here.guild.me)
    writes = (
        (_("Send Messages in Threads"), rights.send_messages_in_threads)
        if isinstance(here, discord.Thread)
        else (_("Send Messages"), rights.send_messages)
    )
    missing = [
        said
        for said, held in (
            (_("View Channel"), rights.view_channel),
            writes,
            (_("Attach Files"), rights.attach_files or not with_files),
        )
        if not held
    ]
    if missing:
        raise Unfit(
            _("I can't keep a board in {channel}. Give me *{rights}* there and try again.",
              channel=here.mention, rights=", ".join(missing))
        )  # fmt: skip
    return here.id
