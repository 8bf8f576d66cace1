"""What others are asked about first: votes, approvals, second persons."""

from dataclasses import dataclass

from bot.wiring.access import Access
from bot.wiring.area import Area
from bot.wiring.fleet import Fleet
from bot.wiring.ground import Ground
from bot.wiring.long_work import LongWork
from bot.wiring.playing import Playing
from bot.wiring.posts import Posts
from bot.wiring.rules import Rules
from bot.work.consent_course import Course
from bot.work.consent_voters import Voters
from bot.work.consents import Consents
from bot.work.loosening import Loosening
from bot.work.pings import Pings
from bot.work.simulation import Simulation
from bot.work.unheard import Unheard


@dataclass(frozen=True)
class Consent(Area):
    """Who is asked, what they said, and what would happen."""

    consents: Consents
    voters: Voters
    simulation: Simulation
    loosening: Loosening


def build_consent(
    ground: Ground,
    *,
    fleet: Fleet,
    access: Access,
    playing: Playing,
    posts: Posts,
    long_work: LongWork,
    rules: Rules,
) -> Consent:
    """Put the parts together; what is carried out then registers itself."""
    clock, database, directory, gate = ground.clock, ground.database, fleet.directory, access.gate
    lookout = long_work.lookout
    voters = Voters(
        gate=gate,
        links=fleet.links,
        directory=directory,
        members=posts.members,
        crowd=posts.crowd,
        clock=clock,
    )
    course = Course(
        database=database,
        audit=access.audit,
        again=long_work.again,
        members=posts.members,
        directory=directory,
        teller=long_work.teller,
        unheard=Unheard(gate, posts.places, Pings(gate, posts.places, clock)),
        lookout=lookout,
        voters=voters,
        clock=clock,
    )
    consents = Consents(
        database=database,
        jobs=long_work.jobs,
        jobs_view=long_work.jobs_view,
        gate=gate,
        audit=access.audit,
        lookout=lookout,
        voters=voters,
        course=course,
        clock=clock,
    )
    return Consent(
        consents=consents,
        loosening=Loosening(consents, ruling=rules.ruling, gate=gate, crowd=posts.crowd),
        voters=voters,
        simulation=Simulation(
            gate=gate,
            directory=directory,
            lookout=lookout,
            voters=voters,
            hub=fleet.hub,
            players=playing.players,
        ),
    )
