"""Allocations (contract: network.md)."""

import random

from demo.panel import shapes
from demo.panel.ask import NOTHING, Answer, Ask, Route
from demo.panel.paging import listed
from demo.panel.records import Allocation
from demo.panel.refusal import Refusal, display
from demo.panel.validation import at_most, checked, present, string


async def list_allocations(ask: Ask) -> Answer:
    rows = ask.server.allocations
    return Answer(body=listed(shapes.allocation(row, ask.server) for row in rows))


async def assign_allocation(ask: Ask) -> Answer:
    server = ask.server
    if len(server.allocations) >= (server.allocation_limit or 0):
        raise display(
            "Cannot assign additional allocations to this server: limit has been reached."
        )
    if not ask.panel.gives_allocations:
        raise Refusal(
            400,
            "AutoAllocationNotEnabledException",
            "Server auto-allocation is not enabled for this instance.",
        )
    taken = _free(ask)
    if taken is None:
        raise Refusal(
            400,
            "NoAutoAllocationSpaceAvailableException",
            "Cannot assign additional allocation: no more space available on node.",
        )
    taken.server_id = server.id
    server.allocations.append(taken)
    ask.log("server:allocation.create", allocation=f"{taken.ip}:{taken.port}")
    return Answer(body=shapes.allocation(taken, server))


def _free(ask: Ask) -> Allocation | None:
    server, world = ask.server, ask.panel.world
    free = world.free_allocations(server.node, server.primary.ip)
    if free:
        return random.choice(free)
    used = {each.port for owner, each in world.allocations.values() if owner is server.node}
    for port in ask.panel.port_range or ():
        if port not in used:
            return world.add_allocation(server.node, port, ip=server.primary.ip)
    return None


async def set_note(ask: Ask) -> Answer:
    checked(ask.body, {"notes": (present, string, at_most(256))})
    allocation, note = ask.allocation, ask.body.get("notes")
    if note != allocation.notes:
        allocation.notes = None if note is None else str(note)
        ask.log("server:allocation.notes", allocation=f"{allocation.ip}:{allocation.port}")
    return Answer(body=shapes.allocation(allocation, ask.server))


async def set_primary(ask: Ask) -> Answer:
    allocation = ask.server.primary = ask.allocation
    ask.log("server:allocation.primary", allocation=f"{allocation.ip}:{allocation.port}")
    return Answer(body=shapes.allocation(allocation, ask.server))


async def unassign_allocation(ask: Ask) -> Answer:
    server, allocation = ask.server, ask.allocation
    if not server.allocation_limit:
        raise display("You cannot delete allocations for this server: no allocation limit is set.")
    if allocation is server.primary:
        raise display("You cannot delete the primary allocation for this server.")
    server.allocations.remove(allocation)
    allocation.server_id, allocation.notes = None, None
    ask.log("server:allocation.delete", allocation=f"{allocation.ip}:{allocation.port}")
    return NOTHING


_ALL = "servers/{server}/network/allocations"
_ONE = f"{_ALL}/{{allocation}}"
ROUTES = (
    Route("GET", _ALL, list_allocations, "allocation.read"),
    Route("POST", _ALL, assign_allocation, "allocation.create"),
    Route("POST", _ONE, set_note, "allocation.update"),
    Route("POST", f"{_ONE}/primary", set_primary, "allocation.update"),
    Route("DELETE", _ONE, unassign_allocation, "allocation.delete"),
)
