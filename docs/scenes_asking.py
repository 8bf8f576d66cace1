"""The scenes of a restart, and of members who ask for one: policies, votes, a second yes."""

from typing import Any, Final

from docs.scene import Picture, Scene


async def _countdown(max_: Scene) -> None:
    wish: dict[str, Any] = {"reason": "update", "delay": "10", "backup_first": True}
    await max_.slash("power restart", "restarts **Survival**", server="Survival", **wish)


async def _report(max_: Scene) -> None:
    wish: dict[str, Any] = {"reason": "update", "delay": "3s", "backup_first": True}
    await max_.slash("power restart", "Up again in", server="Survival", **wish)


async def _failure(max_: Scene) -> None:
    max_.playground.panel.world.server("Creative").crashes_on_start = True
    await max_.slash("power start", "went off again", server="Creative")
    await max_.click("Last lines", "The last")


async def _jobs(max_: Scene) -> None:
    lobby: dict[str, Any] = {"server": "Lobby", "delay": "30"}
    await max_.slash("power stop", "stops **Lobby**", reason="maintenance", **lobby)
    survival: dict[str, Any] = {"server": "Survival", "delay": "10"}
    await max_.slash("power restart", "restarts **Survival**", reason="update", **survival)
    await max_.slash("jobs", "Under way")


async def _policy(ada: Scene) -> None:
    await _begin_policy(ada, "vote", "Lobby")
    await ada.select(["not_in_backup"], "while a backup", custom_id="r:policy-flags")


async def _vote(max_: Scene) -> None:
    await _begin_policy(max_.of("Ada"), "vote", "Lobby")
    mia = max_.of("Mia")
    await mia.slash("power restart", "call a vote", server="Lobby", reason="lag spikes")
    await mia.click("Call the vote", "Vote: ")
    await max_.click("For it", "2 of 3")


async def _vote_carried(max_: Scene) -> None:
    await _vote(max_)
    await max_.of("Ada").click("For it", "Up again in")


async def _approval(max_: Scene) -> None:
    await _begin_policy(max_.of("Ada"), "approval", "Lobby")
    mia = max_.of("Mia")
    await mia.slash("power restart", "Ask for it", server="Lobby", reason="my boat is stuck")
    await mia.click("Ask for it", "Approve: ")


async def _second_person(ada: Scene) -> None:
    await ada.slash("config", "Two-person rule", page="community")
    await ada.select(["kill"], "Kill a server. A second", custom_id="r:config-choose:two_person")
    max_ = ada.of("Max")
    await max_.slash("power kill", "Kill", server="Survival", reason="hangs since the update")
    await max_.click("Kill", "A second yes")


async def _explained(ada: Scene) -> None:
    about: dict[str, Any] = {"member": ada.of("Mia").member, "command": "power restart"}
    await ada.slash("access explain", "Grant for", server="Lobby", **about)


async def _why(mia: Scene) -> None:
    await mia.slash("why", "Survival", command="power restart", server="Survival")


async def _begin_policy(ada: Scene, preset: str, server: str) -> None:
    """Let members ask for a restart, by a ready-made policy."""
    await ada.slash("policy edit", "No policy here yet", action="restart", server=server)
    await ada.select([preset], "Each change holds at once", custom_id="r:policy-preset")


ASKING: Final = {
    "countdown": Picture("Max", _countdown),
    "report": Picture("Max", _report),
    "failure": Picture("Max", _failure),
    "jobs": Picture("Max", _jobs),
    "policy": Picture("Ada", _policy, shows="Policy: "),
    "vote": Picture("Max", _vote),
    "vote-carried": Picture("Max", _vote_carried),
    "approval": Picture("Max", _approval),
    "second-person": Picture("Ada", _second_person),
    "explanation": Picture("Ada", _explained),
    "why": Picture("Mia", _why),
}
"""By name, what members see of restarts and of asking for them."""
