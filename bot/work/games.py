"""What a game's console understands, told by the egg's image: to warn its players, to save."""

import re
from typing import Final

from msgspec import Struct


class Game(Struct, frozen=True):
    """Console commands of one game; "" where it has none that is known to work."""

    say: str = ""
    """Speaks to the players; `{text}` is what."""
    save: str = ""
    saved: str = ""
    """Part of the line that says that it is saved."""

    def saying(self, text: str) -> str:
        """The command that tells the players something; one line of it."""
        return self.say.format(text=" ".join(text.split()))


UNKNOWN: Final = Game()
_GAMES: Final = (
    # proxies have no players of their own and no world; their image is Java's all the same, and
    # what they don't know they answer with a line in their own console
    (re.compile(r"java", re.I), Game("say {text}", "save-all flush", "Saved the game")),
    (re.compile(r"games:rust\b", re.I), Game('say "{text}"', "server.save", "Saving complete")),
    (re.compile(r"games:source\b", re.I), Game("say {text}")),
    (re.compile(r"terraria|tmodloader|tshock", re.I), Game("say {text}", "save", "World saved")),
    (re.compile(r"factorio", re.I), Game("{text}", "/server-save")),
)


def game_of(image: str) -> Game:
    """The game of a Docker image; one that says nothing of the game is unknown, not guessed."""
    name = image.rsplit("/", 1)[-1]
    for pattern, game in _GAMES:
        if pattern.search(name):
            return game
    return UNKNOWN
