"""The eggs of the simulated panel and what lies in a server's folder."""

from typing import Final

from demo.panel.records import Egg, Variable

FILES: Final[dict[str, dict[str, str | bytes]]] = {
    "minecraft": {
        "server.properties": (
            "# Minecraft server properties\n"
            "difficulty=normal\nenable-rcon=false\nmax-players=20\n"
            "motd=A server of the playground\nonline-mode=true\npvp=true\nserver-port=25565\n"
        ),
        "eula.txt": "eula=true\n",
        "ops.json": "[]\n",
        "whitelist.json": '[{"name": "Mira"}, {"name": "Ada"}]\n',
        "server.jar": b"PK\x03\x04" + bytes(4096),
        "logs/latest.log": "[09:00:00] [Server thread/INFO]: Starting minecraft server\n",
        "plugins/Essentials/config.yml": "spawn-on-join: false\nmotd: welcome\n",
        "plugins/Essentials.jar": b"PK\x03\x04" + bytes(2048),
        "world/level.dat": b"\x1f\x8b" + bytes(1024),
        "world/region/r.0.0.mca": bytes(8192),
    },
    "bedrock": {
        "server.properties": "server-name=Pocket\nmax-players=10\nserver-port=19132\n",
        "allowlist.json": "[]\n",
        "bedrock_server": b"\x7fELF" + bytes(4096),
        "worlds/Bedrock level/level.dat": bytes(1024),
    },
    "rust": {
        "RustDedicated": b"\x7fELF" + bytes(4096),
        "server/rust/cfg/server.cfg": 'hostname "Rust Island"\nserver.maxplayers 50\n',
        "server/rust/cfg/users.cfg": "",
        "oxide/config/Kits.json": '{"kits": []}\n',
        "logs/latest.log": "Loading Prefab Bundle\n",
    },
}
_LATEST: Final = (
    "\r\n\r\nLeave at latest to always get the newest one. Invalid versions count as latest."
)


def paper(egg_uuid: str = "ebdc9701-14e1-4415-a84c-6407f7e2318b") -> Egg:
    """Minecraft with Paper."""
    return Egg(
        uuid=egg_uuid,
        name="Paper",
        game="minecraft",
        startup=(
            "java -Xms128M -XX:MaxRAMPercentage=95.0 -Dterminal.jline=false"
            " -Dterminal.ansi=true -jar {{SERVER_JARFILE}}"
        ),
        features=["eula", "java_version", "pid_limit"],
        docker_images={
            f"Java {number}": f"ghcr.io/pterodactyl/yolks:java_{number}"
            for number in (21, 17, 16, 11, 8)
        },
        variables=[
            Variable(
                "Minecraft Version",
                f"The version of minecraft to download.{_LATEST}",
                "MINECRAFT_VERSION",
                "latest",
                "nullable|string|max:20",
            ),
            Variable(
                "Server Jar File",
                "The name of the jar that is started.",
                "SERVER_JARFILE",
                "server.jar",
                "required|regex:/^([\\w\\d._-]+)(\\.jar)$/",
            ),
            Variable(
                "Download Path",
                "Where another jar is taken from.",
                "DL_PATH",
                "",
                "nullable|string",
                is_viewable=False,
            ),
            Variable(
                "Build Number",
                f"The build of Paper.{_LATEST}",
                "BUILD_NUMBER",
                "latest",
                "required|string|max:20",
            ),
        ],
        stop="stop",
        done=')! For help, type "help"',
        denied_files=("server.jar.lock",),
    )


def bedrock() -> Egg:
    """Minecraft Bedrock, whose image tells nothing of the game."""
    return Egg(
        uuid="1f3cf0de-5c7c-4a38-9a7f-6f7fd8c6f1e2",
        name="Vanilla Bedrock",
        game="bedrock",
        startup="./bedrock_server",
        features=None,
        docker_images={"Debian": "ghcr.io/ptero-eggs/yolks:debian"},
        variables=[
            Variable(
                "Bedrock Version",
                "The version to download.",
                "BEDROCK_VERSION",
                "latest",
                "required|string|max:20",
            ),
        ],
        stop="stop",
        done="Server started.",
    )


def rust() -> Egg:
    """Rust, for variety."""
    return Egg(
        uuid="a7b1c9f0-52f6-4d3c-9a16-0a3a6f1f2d11",
        name="Rust",
        game="rust",
        startup='./RustDedicated -batchmode +server.port 28015 +server.hostname "{{HOSTNAME}}"',
        features=["steam_disk_space"],
        docker_images={"Rust": "ghcr.io/pterodactyl/games:rust"},
        variables=[
            Variable(
                "Server Name",
                "The name in the list of servers.",
                "HOSTNAME",
                "Rust Island",
                "required|string|max:60",
            ),
            Variable(
                "Max Players",
                "How many may play.",
                "MAX_PLAYERS",
                "40",
                "required|integer",
            ),
            Variable(
                "Oxide",
                "Whether Oxide is put in.",
                "OXIDE",
                "0",
                "required|boolean",
            ),
        ],
        stop="quit",
        done="Server startup complete",
    )
