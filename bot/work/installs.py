"""Installing a server anew, followed to its end by the panel's own word (contract: settings.md)."""

from typing import Final

import discord

from bot.access.acting import Acting
from bot.access.gate import Admitted
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.posts.messages import Message
from bot.pterodactyl import Client, NotFound
from bot.pterodactyl.console_events import Event, InstallEnded
from bot.texts import _
from bot.ui.text import bold
from bot.work.follows import Ending, FollowJob, Follows, Outcome, Watch
from bot.work.looking import done_or_seen

_INSTALLING: Final = "installing"
_FAILED: Final = frozenset({"reinstall_failed", "install_failed"})


class Installs:
    """Begins installations and follows them."""

    def __init__(self, acting: Acting, hub: Hub, directory: Directory, follows: Follows) -> None:
        self._acting = acting
        self._hub = hub
        self._directory = directory
        self._follows = follows
        follows.watch_with("reinstall", Watch(self._look, _is_hint, hub.settle_soon))

    async def reinstall(
        self, interaction: discord.Interaction | None, admitted: Admitted
    ) -> Message:
        """Begin once and follow it; the channel hears how it ends.

        Args:
            interaction: Where it was asked; None where others agreed to it meanwhile.
            admitted: Who asked.

        Raises:
            PanelError: It was refused, or nobody can say.
        """
        server = admitted.server
        async with self._acting(admitted) as panel:

            async def reinstall() -> bool:
                await panel.servers.settings.reinstall_server(server.uuid)
                return True

            async def is_installing() -> bool | None:
                return (await panel.servers.get_server(server.uuid)).status == _INSTALLING or None

            await done_or_seen(reinstall(), is_installing)
        label = bold(self._directory.label(server))
        followed = await self._follows.begin(
            interaction,
            admitted,
            "reinstall",
            server.uuid,
            title=server.name,
            begun=lambda: (
                "🔵 "
                + _("{who} reinstalls {server} …", who=bold(admitted.actor.name), server=label)
            ),
        )
        told = _("Reinstalling {server} has begun.", server=label)
        return await self._follows.answer(interaction, followed, told)

    async def _look(self, client: Client, server: Server, followed: FollowJob) -> Ending | None:
        said = {
            "who": bold(followed.actor_name),
            "server": bold(self._directory.label(server)),
        }
        try:
            view = await client.servers.get_server(server.uuid)
        except NotFound:
            text = _("{server} was deleted while it was being reinstalled.", **said)
            return Ending(Outcome.GONE, f"⚪ {text}")
        if view.status is None:
            text = _("{who} reinstalled {server}. It is off now.", **said)
            return Ending(Outcome.DONE, f"⚫ {text}")
        if view.status in _FAILED:
            text = _(
                "{who}'s reinstallation of {server} failed. Its files may be incomplete; who runs "
                "the panel finds the reason in the install log.",
                **said,
            )
            return Ending(Outcome.FAILED, f"🔴 {text}")
        return None


def _is_hint(event: Event, _followed: FollowJob) -> bool:
    return isinstance(event, InstallEnded)
