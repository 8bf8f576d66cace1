"""What every area stands on, and the bot's place in Discord, which is made last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import discord

from bot.clock import Clock
from bot.config import Config
from bot.observe import Metrics
from bot.pterodactyl import Network
from bot.store.engine import Database
from bot.store.vault import Vault
from bot.supervisor import Supervisor
from bot.wiring.area import IsMember


@dataclass(frozen=True)
class Presence:
    """The bot in Discord, asked as late as possible: its commands need all areas first."""

    client: Callable[[], discord.Client]
    command_ids: Callable[[], Mapping[str, int]]
    is_member: IsMember
    guilds: Callable[[], frozenset[int]]
    """Those in memory."""

    def is_ready(self) -> bool:
        """Whether Discord can be spoken to."""
        return self.client().is_ready()

    def ready_guilds(self) -> frozenset[int]:
        """Those in memory, once Discord can hear of what is done in them."""
        return self.guilds() if self.is_ready() else frozenset()


@dataclass(frozen=True)
class Ground:
    """Opened before any area, closed after all of them."""

    config: Config
    clock: Clock
    supervisor: Supervisor
    database: Database
    vault: Vault
    network: Network
    metrics: Metrics
    presence: Presence
