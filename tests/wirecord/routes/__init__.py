"""The routes of Discord's API that a bot uses, by area."""

from tests.wirecord.routes import (
    application,
    channels,
    events,
    guilds,
    interactions,
    messages,
    webhooks,
)
from tests.wirecord.routes.table import find_route

__all__ = [
    "application",
    "channels",
    "events",
    "find_route",
    "guilds",
    "interactions",
    "messages",
    "webhooks",
]
