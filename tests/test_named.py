"""What an option means: lenient where something is shown, whole where something is changed."""

import pytest

from bot.access.rights import ADMIN, ANYONE, RIGHTS, SEE, SEES_ONE, changes
from bot.ui.errors import Unfit
from bot.ui.named import find_named

THINGS = {"1eab9400": "nightly", "1eab9411": "nightly 2", "77aa0000": "before the update"}


def meant(text: str, *, whole: bool) -> str:
    found = find_named(
        THINGS.items(),
        text,
        ids=lambda one: (one[0],),
        name=lambda one: one[1],
        label=lambda one: one[1],
        none="There is none.",
        whole=whole,
    )
    return found[1]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("text", ["nightly", " Nightly ", "1eab9400", "ＮＩＧＨＴＬＹ"])
def test_a_whole_name_or_id_means_its_thing(text: str, whole: bool) -> None:
    assert meant(text, whole=whole) == "nightly"


@pytest.mark.parametrize("text", ["before", "update", "77aa", "NIGHTLY 2"[:9]])
def test_a_part_is_enough_to_be_shown(text: str) -> None:
    assert meant(text, whole=False) in THINGS.values()


@pytest.mark.parametrize("text", ["before", "update", "77aa", "e"])
def test_a_part_changes_nothing_and_is_told_what_it_may_mean(text: str) -> None:
    with pytest.raises(Unfit, match=r"before the update|Which one"):
        meant(text, whole=True)


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("text", ["", "  ", "..", "nobody", "@everyone"])
def test_what_fits_nothing_is_said(text: str, whole: bool) -> None:
    with pytest.raises(Unfit, match="There is none"):
        meant(text, whole=whole)


def test_every_right_either_shows_or_changes() -> None:
    shows = {right for right in RIGHTS if not changes(right)}

    assert shows == {
        *("websocket.connect", "user.read", "file.read", "file.read-content", "backup.read"),
        *("backup.download", "allocation.read", "startup.read", "database.read"),
        *("database.view_password", "schedule.read", "activity.read"),
    }
    assert not any(changes(word) for word in (ADMIN, ANYONE, SEES_ONE, SEE))
    assert changes(None)
