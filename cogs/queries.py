"""How games are asked for their players: the part of `/config` for servers where guessing fails."""

from collections.abc import Callable
from typing import Final

from discord.ext import commands
from msgspec import structs

from bot.access.gate import Admitted
from bot.access.rights import ADMIN
from bot.fleet.directory import Server
from bot.fleet.players import (
    GAMES,
    NOT_ASKED,
    Asking,
    Counted,
    asking_of,
    guessed_game,
    read_address,
)
from bot.posts.messages import Message
from bot.store.guilds import QueryPlace
from bot.texts import _
from bot.ui.doors import Ack, Press, component
from bot.ui.errors import Unfit
from bot.ui.pages import page_number
from bot.ui.parts import Control, button, card, choice, field, form
from bot.ui.players import players_line, players_short, unknown_way
from bot.ui.settings.servers import SERVERS
from bot.ui.text import code, name
from cogs.parts import Parts

GUESS: Final = "guess"
OFFERED: Final = 25
ADDRESS_CHARACTERS: Final = 255


class QueriesCog(commands.Cog):
    """Which game is asked where, server by server; only admins see this."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @component("config-players", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def servers(self, press: Press) -> Message:
        return self._list(press.admitted, page_number((*press.args, "0")[0]))

    @component("config-player", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def server(self, press: Press) -> Message:
        server = self._server(press.admitted, (*press.values, *press.args, "")[0])
        return await self._shown(server)

    @component("config-player-game", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def choose(self, press: Press) -> Message:
        server = self._server(press.admitted, (*press.args, "")[0])
        picked = (*press.values, "")[0]
        if picked not in (GUESS, NOT_ASKED, *GAMES):
            raise Unfit(_("That can't be chosen any more. Open `/config` again."))
        game = "" if picked == GUESS else picked
        await self._set(press.admitted, server, lambda held: structs.replace(held, game=game))
        return await self._shown(server)

    @component("config-player-enter", right=ADMIN, ack=Ack.MODAL, name="config")
    async def enter(self, press: Press) -> None:
        server = self._server(press.admitted, (*press.args, "")[0])
        await press.interaction.response.send_modal(
            form(
                "config-player-entered",
                server.id,
                title=_("Where players are asked for"),
                fields=[
                    field(
                        "address",
                        label=_("Query address"),
                        description=_(
                            "Such as play.example.com:27016, or :27016 for another port. Empty: "
                            "as on the panel."
                        ),
                        value=self._place(server).address,
                        is_required=False,
                        most=ADDRESS_CHARACTERS,
                    )
                ],
            )
        )

    @component("config-player-entered", right=ADMIN, ack=Ack.UPDATE, name="config")
    async def entered(self, press: Press) -> Message:
        server = self._server(press.admitted, (*press.args, "")[0])
        typed = press.field("address").strip()
        if typed and read_address(typed) is None:
            raise Unfit(
                _(
                    "{text} is no address that can be asked. What works: {examples}.",
                    text=code(typed, 60),
                    examples="`play.example.com:27016`, `203.0.113.7`, `:27016`",
                )
            )
        await self._set(press.admitted, server, lambda held: structs.replace(held, address=typed))
        return await self._shown(server)

    def _place(self, server: Server) -> QueryPlace:
        settings = self._parts.gate.book(server.guild_id).settings
        return settings.queries.get(server.id, QueryPlace())

    async def _set(
        self, admitted: Admitted, server: Server, change: Callable[[QueryPlace], QueryPlace]
    ) -> None:
        place = change(self._place(server))
        known = {one.id for one in self._parts.directory.of(admitted.guild_id)}

        def changed(held: dict[str, QueryPlace]) -> dict[str, QueryPlace]:
            kept = {key: value for key, value in held.items() if key in known}
            kept.pop(server.id, None)
            return kept if place == QueryPlace() else {**kept, server.id: place}

        told = " ".join(filter(None, (place.game, place.address))) or "guessed"
        await self._parts.ruling.configure(
            admitted,
            lambda held: structs.replace(held, queries=changed(held.queries)),
            f"players of {server.name}: {told}",
        )
        self._parts.players.forget(server.id)

    def _server(self, admitted: Admitted, server_id: str) -> Server:
        server = self._parts.directory.get(admitted.guild_id, server_id)
        if server is None:
            raise Unfit(_("That server is gone. Open `/config` again for a fresh list."))
        return server

    def _list(self, admitted: Admitted, page: int) -> Message:
        servers = self._parts.directory.of(admitted.guild_id)
        last = max(0, (len(servers) - 1) // OFFERED)
        page = min(page, last)
        offered = servers[page * OFFERED : (page + 1) * OFFERED]
        options = [
            (one.id, name(self._parts.directory.label(one)), self._option(one)) for one in offered
        ]
        rows: list[list[Control]] = []
        if options:
            rows.append([choice("config-player", options=options, placeholder=_("Which server?"))])
        buttons: list[Control] = [button("config", SERVERS.key, label=_("Back"))]
        if last:
            buttons += [
                button("config-players", str(max(page - 1, 0)), label="◀", is_disabled=page == 0),
                button(
                    "config-players",
                    str(min(page + 1, last)),
                    "next",
                    label="▶",
                    is_disabled=page == last,
                ),
            ]
        rows.append(buttons)
        said = _(
            "I ask the game itself, at the address that the panel shows. Where that fails, choose "
            "the server and say which game it is and where it answers."
        )
        return card("## " + _("Player counts") + f"\n{said}", rows=rows)

    def _option(self, server: Server) -> str:
        asking = asking_of(server, self._place(server))
        if not isinstance(asking, Asking):
            return unknown_way(asking)
        said = f"{_games()[asking.game]} · {asking.host}:{asking.port}"
        counted = players_short(self._parts.players.known(server))
        return f"{said} · {counted}" if counted else said

    async def _shown(self, server: Server) -> Message:
        asking = asking_of(server, self._place(server))
        count = await self._parts.players.count(server, fresh_seconds=0)
        where = (
            _(
                "{game}, asked at {address}.",
                game=_games()[asking.game],
                address=code(f"{asking.host}:{asking.port}", 120),
            )
            if isinstance(asking, Asking)
            else ""
        )
        said = (
            players_line(count)
            if isinstance(count, Counted)
            else unknown_way(count.why, count.setting)
        )
        guessed = guessed_game(server)
        options = [
            (
                GUESS,
                _("Guess by its image"),
                _("It looks like {game}", game=_games()[guessed])
                if guessed
                else _("Its image tells nothing"),
            ),
            *((game, label, "") for game, label in _games().items()),
            (NOT_ASKED, _("Never ask"), ""),
        ]
        title = f"## {name(self._parts.directory.label(server))}\n"
        return card(
            title + "\n".join(filter(None, (where, said))),
            rows=[
                [
                    choice(
                        "config-player-game",
                        server.id,
                        options=options,
                        placeholder=_("Which game is it?"),
                        chosen=[self._place(server).game or GUESS],
                    )
                ],
                [
                    button("config-players", label=_("Back")),
                    button("config-player-enter", server.id, label=_("Query address …")),
                    button("config-player", server.id, label=_("Ask again"), emoji="🔄"),
                ],
            ],
        )


def _games() -> dict[str, str]:
    return {
        "minecraft": _("Minecraft (Java)"),
        "bedrock": _("Minecraft (Bedrock)"),
        "source": _("Source query (Rust, Valheim, ARK, CS …)"),
    }
