"""Servers in memory: what tells twins apart, as panels come, change and go."""

from bot.fleet.directory import Directory, Server


def server(number: int, name: str, *, panel: str = "p1", identifier: str = "") -> Server:
    short = identifier or f"{number:08x}"
    return Server(
        f"s{number}", 1, panel, f"Panel {panel}", short, f"{short}-uuid", name, ip="10.0.0.1"
    )


def test_twins_are_told_apart_by_their_panel_and_else_by_their_identifier() -> None:
    directory = Directory()
    lobby, other = server(1, "Lobby"), server(2, "ＬＯＢＢＹ ", panel="p2")
    directory.replace_panel(1, "p1", [lobby])
    assert directory.label(lobby) == "Lobby"

    directory.replace_panel(1, "p2", [other])
    assert directory.label(lobby) == "Lobby · Panel p1"

    third = server(3, "lobby")
    directory.replace_panel(1, "p1", [lobby, third])
    assert directory.label(lobby) == "Lobby · 00000001"
    assert directory.find(1, "lobby") == [lobby, other, third]


def test_who_has_no_twin_any_more_goes_by_the_name_again() -> None:
    directory = Directory()
    lobby, other = server(1, "Lobby"), server(2, "Lobby", panel="p2")
    directory.replace_panel(1, "p1", [lobby])
    directory.replace_panel(1, "p2", [other])
    assert directory.label(lobby) == "Lobby · Panel p1"

    directory.replace(server(2, "Arena", panel="p2"))
    assert directory.label(lobby) == "Lobby"
    assert [one.name for one in directory.of(1)] == ["Arena", "Lobby"]

    directory.replace_panel(1, "p2", [other])
    directory.replace_panel(1, "p2", [])
    assert directory.label(lobby) == "Lobby"
    assert directory.of(1) == [lobby]
    assert directory.search([lobby], "lob", 25) == [lobby]


def test_a_choice_hands_on_our_own_id_where_two_panels_share_an_identifier() -> None:
    directory = Directory()
    lobby, copy = (
        server(1, "Lobby", identifier="abc"),
        server(2, "Copy", panel="p2", identifier="abc"),
    )
    directory.replace_panel(1, "p1", [lobby])
    assert directory.token(lobby) == "abc"

    directory.replace_panel(1, "p2", [copy])
    assert directory.token(lobby) == "s1"

    directory.forget_guild(1)
    assert directory.of(1) == []
    assert directory.find(1, "abc") == []
