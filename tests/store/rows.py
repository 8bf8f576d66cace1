"""Rows to start from."""

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from bot.store import panels, servers
from tests.clock import START


async def some_panel(
    session: AsyncSession, *, guild_id: int, name: str = "Home", key_sealed: bytes = b"sealed"
) -> panels.PanelRow:
    """A connected panel."""
    new = panels.NewPanel(
        id=str(uuid4()),
        name=name,
        url="https://panel.example",
        key_sealed=key_sealed,
        account_id="12",
        account_name="mia",
        is_root_admin=False,
        added_by=7,
    )
    return await panels.add_panel(session, guild_id=guild_id, new=new, at_most=10, now=START)


def seen_server(
    uuid: str = "1eab9400-0000-4000-8000-000000000001", name: str = "Survival"
) -> servers.SeenServer:
    """A server as a panel lists it."""
    return servers.SeenServer(
        identifier=uuid[:8],
        uuid=uuid,
        name=name,
        description="",
        node="Node 1",
        docker_image="java:21",
        address="play.example:25565",
        memory_limit_bytes=2 << 30,
        disk_limit_bytes=0,
        cpu_limit_percent=200,
        is_owner=False,
        rights=("control.start", "websocket.connect"),
        status=None,
    )
