"""Which game a server runs, as far as the egg's docker image tells."""

from enum import Enum
from typing import Final


class Game(Enum):
    """Games whose consoles differ; everything else is generic."""

    MINECRAFT_JAVA = "minecraft-java"
    MINECRAFT_BEDROCK = "minecraft-bedrock"
    SOURCE = "source"
    RUST = "rust"
    VALHEIM = "valheim"
    TERRARIA = "terraria"
    GENERIC = "generic"


# the images of the eggs that Pterodactyl, Pelican and parkervcp/ptero-eggs publish; the part that
# tells stands behind the registry, and the more telling comes first
_SIGNS: Final = (
    ("bedrock", Game.MINECRAFT_BEDROCK),
    ("pocketmine", Game.MINECRAFT_BEDROCK),
    ("valheim", Game.VALHEIM),
    ("terraria", Game.TERRARIA),
    ("tshock", Game.TERRARIA),
    ("games:rust", Game.RUST),
    ("core:rust", Game.RUST),
    ("rust-server", Game.RUST),
    ("games:source", Game.SOURCE),
    ("core:source", Game.SOURCE),
    ("source-server", Game.SOURCE),
    ("srcds", Game.SOURCE),
    ("csgo", Game.SOURCE),
    ("cs2", Game.SOURCE),
    ("gmod", Game.SOURCE),
    ("yolks:java", Game.MINECRAFT_JAVA),
    ("core:java", Game.MINECRAFT_JAVA),
    ("images:java", Game.MINECRAFT_JAVA),
    ("minecraft", Game.MINECRAFT_JAVA),
    ("openjdk", Game.MINECRAFT_JAVA),
)


def game_of(image: str) -> Game:
    """The game behind a docker image such as `ghcr.io/pterodactyl/yolks:java_21`; else generic."""
    text = image.casefold()
    return next((game for sign, game in _SIGNS if sign in text), Game.GENERIC)
