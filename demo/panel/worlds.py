"""Ready-made worlds: the playground's, a big one, and the one of the recordings."""

from datetime import UTC, datetime
from typing import Final

from demo.panel.eggs import paper, rust
from demo.panel.records import Variable
from demo.panel.world import World

BOB_RIGHTS: Final = (
    "websocket.connect",
    "control.console",
    "control.start",
    "file.read",
    "file.read-content",
)
_RECORDED_IP: Final = "127.0.0.1"
_RECORDED_AT: Final = datetime(2026, 11, 23, 9, 3, 8, tzinfo=UTC)


def demo_world(
    *, boot_seconds: float = 6.0, stop_seconds: float = 2.0, chatter: bool = False
) -> World:
    """Seven servers of alice; bob may look and start; admin is root; eve has no server.

    Args:
        boot_seconds: How long a start takes; 0 is at once.
        stop_seconds: How long a shutdown takes.
        chatter: Whether players come, talk and go by themselves.
    """
    world = World()
    admin = world.add_user("admin", is_admin=True, last_name="Root")
    alice = world.add_user("alice", last_name="Owner")
    bob = world.add_user("bob", last_name="Sub")
    world.add_user("eve", last_name="Empty")
    world.add_key(alice, "alice_iplocked", allowed_ips=["10.1.2.3"], description="ip locked")
    world.add_key(admin, "admin_application", kind="application", description="application")
    node = world.add_node("node1", ports=range(25600, 25640))
    survival = world.add_server(
        "Survival",
        alice,
        description="The old world, vanilla rules",
        first_state="running",
        more_allocations=[world.add_allocation(node, 25700, notes="voice")],
    )
    survival.primary.alias, survival.primary.notes = "mc.example.com", "main game port"
    survival.backup_limit = 5
    creative = world.add_server("Creative", alice, description="Build what you like")
    world.add_server("Modded", alice, description="120 mods, be patient", memory_mib=12288)
    world.add_server("Lobby", alice, memory_mib=1024, first_state="running")
    world.add_server("Rust Island", alice, egg=rust(), memory_mib=16384, first_state="running")
    world.add_server("Fresh", alice, status="installing")
    world.add_server("Unpaid", alice, status="suspended")
    world.add_server("Admin Only", admin)
    world.add_subuser(survival, bob, BOB_RIGHTS)
    world.add_subuser(creative, bob, ("control.start", "control.stop"))
    world.pace(
        boot_seconds=boot_seconds, stop_seconds=stop_seconds, work_seconds=min(3.0, boot_seconds)
    )
    for server in world.servers:
        server.chatter = chatter
    return world


def big_world(
    count: int, *, boot_seconds: float = 0.0, first_state: str = "running", owner: str = "alice"
) -> World:
    """So many servers of one owner, all alike, named `Server 0001` and on."""
    world = World()
    user = world.add_user(owner)
    world.add_node("node1")
    for number in range(1, count + 1):
        world.add_server(
            f"Server {number:04d}",
            user,
            description=f"Number {number}",
            first_state="running" if first_state == "running" else "offline",
        )
    world.pace(boot_seconds=boot_seconds, stop_seconds=boot_seconds, work_seconds=boot_seconds)
    return world


def recorded_world(
    *, boot_seconds: float = 0.0, stop_seconds: float = 0.0, work_seconds: float = 0.0
) -> World:
    """The world of the recordings: the same people, servers, uuids and keys."""
    world = World()
    world.start_numbers("schedule", 13)
    world.start_numbers("task", 26)
    admin = world.add_user(
        "admin",
        is_admin=True,
        last_name="Root",
        user_uuid="639a9ef2-3a6e-455f-afad-1039f0e62c44",
        created_at=_RECORDED_AT,
    )
    alice = world.add_user(
        "alice",
        last_name="Owner",
        user_uuid="d3e63732-f949-446e-97e8-da48b0ae358d",
        created_at=_RECORDED_AT,
    )
    bob = world.add_user(
        "bob",
        last_name="Sub",
        user_uuid="657cbff0-5a50-4ec4-97eb-f0a4a082aaf9",
        created_at=_RECORDED_AT.replace(second=9),
    )
    recorder = world.add_user("recorder", created_at=_RECORDED_AT)
    world.add_key(alice, "alice_iplocked", allowed_ips=["10.1.2.3"], description="ip locked")
    world.add_key(admin, "admin_application", kind="application", description="application")
    nodes = {
        name: world.add_node(name)
        for name in ("node1", "node2-standin", "node3-dead", "node4-maint")
    }
    for number, name in enumerate(nodes):
        nodes[name].sftp_port = 2022 + 10 * number
    nodes["node2-standin"].files = "later"
    nodes["node3-dead"].is_dead = True
    nodes["node4-maint"].is_under_maintenance = True
    rows = (
        # id, uuid, name, node, port, limits of databases, allocations, backups
        (1, "1eab9400-0d8c-4e6d-8e1e-9631c54bb1ce", "Survival", 0, 25565, (2, 3, 3)),
        (2, "5e5ce2eb-3eb5-4c48-93e1-41cbd0d52f62", "Creative", 0, 25566, (1, 2, 2)),
        (3, "6844b9d5-d52f-4067-a3d1-2c8417f9c1aa", "Zero Limits", 0, 25567, (0, 0, 0)),
        (5, "02dd0174-3268-4dd0-ad93-0e2430f095a4", "Stand-in", 1, 25600, (2, 3, 2)),
        (6, "ebcbe0ae-c117-4181-85a2-856fe8140cd2", "Bob's World", 0, 25568, (1, 1, 1)),
        (7, "6878c4cf-8ff8-4d2a-a545-120a9adfe8ab", "Admin Only", 0, 25569, (1, 1, 1)),
        (8, "110436d1-49f0-4cd3-9d3f-c7c0326a3231", "Suspended", 1, 25601, (1, 1, 1)),
        (9, "e54c13a6-7107-421b-90ae-711e4cc24b29", "Installing", 1, 25602, (1, 1, 1)),
        (10, "18691af3-40bb-4b64-8f9b-6f3f33555dbc", "Install failed", 1, 25603, (1, 1, 1)),
        (11, "59596e01-4a95-45c4-b2b7-b6c435e3802f", "Restoring", 1, 25604, (1, 1, 1)),
        (12, "913af49d-a11c-451c-9c67-4f7d112137f9", "Transferring", 1, 25605, (1, 1, 1)),
        (13, "57024daf-b1c6-4bd4-b7a9-86beee1d1ffc", "Dead", 2, 27565, (1, 1, 1)),
        (14, "d1dd9f43-a277-4cdc-a524-157be8ccf1d0", "Maint", 3, 28565, (1, 1, 1)),
        (15, "cb988804-0000-4000-8000-000000000015", "Recorder A", 0, 25570, (1, 1, 1)),
        (16, "52c6261c-0000-4000-8000-000000000016", "Recorder B", 0, 25571, (1, 1, 1)),
        (18, "6f310cb4-0000-4000-8000-000000000018", "Recorder Suspend", 0, 25572, (1, 1, 1)),
    )
    others = {"Bob's World": bob, "Admin Only": admin}
    for server_id, server_uuid, name, node_number, port, limits in rows:
        node = list(nodes.values())[node_number]
        alias = "play.example.com" if node_number == 1 else None
        world.add_server(
            name,
            recorder if name.startswith("Recorder") else others.get(name, alice),
            node=node,
            egg=paper(),
            server_uuid=server_uuid,
            server_id=server_id,
            description="" if name == "Creative" else f"{name} server",
            allocation=world.add_allocation(node, port, ip=_RECORDED_IP, alias=alias),
            database_limit=limits[0],
            allocation_limit=limits[1],
            backup_limit=limits[2],
            memory_mib=512,
            disk_mib=2048,
            cpu_percent=100,
        )
    _finish(world)
    world.pace(boot_seconds=boot_seconds, stop_seconds=stop_seconds, work_seconds=work_seconds)
    for port in range(25580, 25600):
        world.add_allocation(nodes["node1"], port, ip=_RECORDED_IP)
    return world


def _finish(world: World) -> None:
    survival = world.server("Survival")
    survival.primary.alias, survival.primary.notes = "mc.example.com", "main game port"
    extra = world.add_allocation(survival.node, 25607, ip=_RECORDED_IP)
    extra.server_id = survival.id
    survival.allocations.append(extra)
    world.server("Suspended").status = "suspended"
    world.server("Installing").status = "installing"
    world.server("Install failed").status = "install_failed"
    world.server("Restoring").status = "restoring_backup"
    world.server("Transferring").is_transferring = True
    bob, alice = world.user("bob"), world.user("alice")
    world.add_subuser(survival, bob, BOB_RIGHTS)
    world.add_subuser(
        world.server("Bob's World"),
        alice,
        ("control.console", "control.start", "control.stop", "file.read"),
    )
    creative = world.server("Creative")
    creative.docker_image = "ghcr.io/pterodactyl/yolks:java_17"


def make_read_only(world: World, name: str, env_variable: str) -> Variable:
    """Let nobody change a variable of a server, as an administrator may."""
    egg = world.server(name).egg
    found = next(each for each in egg.variables if each.env_variable == env_variable)
    found.is_editable = False
    return found
