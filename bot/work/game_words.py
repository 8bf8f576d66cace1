"""What a game's console understands of what a workflow says to it: warn the players, save."""

from typing import Final

from msgspec import Struct

from bot.fleet.games import Game, game_of


class GameWords(Struct, frozen=True):
    """Console commands of one game; "" where it has none that is known to work."""

    say: str = ""
    """Speaks to the players; `{text}` is what."""
    save: str = ""
    saved: str = ""
    """Part of the line that says that it is saved."""

    def saying(self, text: str) -> str:
        """The command that tells the players something; one line of it, no quotes."""
        return self.say.format(text=" ".join(text.replace('"', "'").split()))


NONE: Final = GameWords()
_WORDS: Final = {
    # proxies run on the same images; what they don't know they answer in their own console
    Game.MINECRAFT_JAVA: GameWords("say {text}", "save-all flush", "Saved the game"),
    # `save hold` of a Bedrock server waits for a `save resume`: nothing for one line
    Game.MINECRAFT_BEDROCK: GameWords("say {text}"),
    Game.SOURCE: GameWords("say {text}"),
    Game.RUST: GameWords('say "{text}"', "server.save", "Saving complete"),
    Game.TERRARIA: GameWords("say {text}", "save", "World saved"),
}


def words_of(image: str) -> GameWords:
    """What the game of a Docker image understands; nothing is tried where the game is unknown."""
    return _WORDS.get(game_of(image), NONE)
