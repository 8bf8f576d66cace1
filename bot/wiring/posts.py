"""What goes out to Discord: messages, webhooks, events, and who is there to read them."""

from dataclasses import dataclass

from bot.posts.crowd import Crowd
from bot.posts.delivery import Delivery
from bot.posts.events import Events
from bot.posts.integrations import Integrations
from bot.posts.members import Members
from bot.posts.pausing import Pausing
from bot.posts.places import Places
from bot.posts.traffic import Traffic
from bot.posts.webhooks import Webhooks
from bot.posts.witness import Witness
from bot.supervisor import Supervisor
from bot.wiring.access import Access
from bot.wiring.area import Area
from bot.wiring.ground import Ground


@dataclass(frozen=True)
class Posts(Area):
    """One delivery for everything that is sent, and the places it goes to."""

    traffic: Traffic
    delivery: Delivery
    places: Places
    webhooks: Webhooks
    pausing: Pausing
    members: Members
    crowd: Crowd
    events: Events
    integrations: Integrations
    witness: Witness

    async def start(self, supervisor: Supervisor) -> None:
        supervisor.keep("delivery", self.delivery.run)
        supervisor.keep("pauses", self.pausing.run)
        supervisor.keep("audit witness", self.witness.run)

    async def forget(self, guild_id: int) -> None:
        self.delivery.forget(guild_id)
        self.integrations.changed(guild_id)


def build_posts(ground: Ground, access: Access) -> Posts:
    """Put the parts together."""
    clock, client = ground.clock, ground.presence.client
    traffic = Traffic(clock)
    delivery = Delivery(traffic, ground.metrics, clock)
    places = Places(client, delivery)
    return Posts(
        traffic=traffic,
        delivery=delivery,
        places=places,
        webhooks=Webhooks(client, delivery),
        pausing=Pausing(
            delivery, places, access.gate, ground.supervisor, client=client, clock=clock
        ),
        members=Members(client),
        crowd=Crowd(client),
        events=Events(client),
        integrations=Integrations(client),
        witness=Witness(
            database=ground.database,
            gate=access.gate,
            places=places,
            guilds=ground.presence.guilds,
            is_ready=ground.presence.is_ready,
            clock=clock,
        ),
    )
