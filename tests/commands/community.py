"""How tests let a community ask: policies as admins set them, and votes as members call them."""

from bot.store import policies
from bot.store.policies import PolicyAction, Terms
from bot.store.rules import ScopeKind
from tests.wirecord import Member
from tests.wirecord.protocol import Json
from tests.world import World


async def allow(
    roost: World,
    action: PolicyAction,
    terms: Terms,
    *,
    scope: ScopeKind = "all",
    scope_id: str = "",
) -> None:
    """A policy for all servers of the guild, or for a group or server."""
    parts, guild_id = roost.app.parts, int(roost.guild.id)
    async with parts.database.write() as session:
        await policies.set_policy(
            session,
            guild_id=guild_id,
            scope_kind=scope,
            scope_id=scope_id,
            action=action,
            terms=terms,
            version=0,
            by=1,
            now=parts.clock.now(),
        )
    await parts.ruling.load(guild_id)


async def call_vote(
    roost: World, member: Member, action: str = "restart", reason: str = "lag"
) -> Json:
    """Ask for it and call the vote; the public message."""
    shown = await member.slash(roost.channel, f"power {action}", server="Survival", reason=reason)
    await shown.settled()
    assert "You may call a vote" in shown.text, shown.text
    before = len(roost.channel.public())
    await member.click(shown.message, label="Call the vote")
    await roost.posted("Vote: ")
    assert len(roost.channel.public()) == before + 1
    return roost.channel.public()[-1]
