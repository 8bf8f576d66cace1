"""Cron fields in words: what people would say, or nothing at all."""

import pytest

from bot.ui.cron import NoCron, read_cron, sentence, suggestions


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("* * * * *", "every minute"),
        ("*/1 * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("*/5 * * * 1-5", "every 5 minutes, every Monday to Friday"),
        ("7 * * * *", "every hour at minute 07"),
        ("0,30 * * * *", "every hour at minute 00 and 30"),
        ("15 */6 * * *", "every 6 hours from 00:15"),
        ("0 4 * * *", "every day at 04:00"),
        ("30 4,16 * * *", "every day at 04:30 and 16:30"),
        ("0 4 * * 0", "every Sunday at 04:00"),
        ("0 4 * * 7", "every Sunday at 04:00"),
        ("0 4 * * sun", "every Sunday at 04:00"),
        ("0 4 * * mon-fri", "every Monday to Friday at 04:00"),
        ("0 4 * * 1,3,5", "every Monday, Wednesday and Friday at 04:00"),
        ("0 4 1 * *", "on day 1 of the month at 04:00"),
        ("0 4 1,15 * *", "on days 1 and 15 of the month at 04:00"),
        ("0 4 1-7 * *", "on days 1 to 7 of the month at 04:00"),
        ("0 4 */2 * *", "every 2 days of the month at 04:00"),
        ("0 4 1 * 5", "on day 1 of the month or every Friday at 04:00"),
        ("0 4 * 12 *", "every day at 04:00, only in December"),
        ("0 4 * jun-aug *", "every day at 04:00, only in June to August"),
        ("0 8-10 * * *", "every day at 08:00, 09:00 and 10:00"),
    ],
)
def test_cron_fields_are_said_as_people_say_them(cron: str, said: str) -> None:
    assert sentence(read_cron(cron)) == said


@pytest.mark.parametrize(
    "cron",
    ["0 4 L * *", "0 4 15W * *", "0 4 * * 5#3", "0 4 ? * 1", "* 4 * * *", "0-20 0-12 * * *"],
)
def test_what_has_no_good_words_gets_none(cron: str) -> None:
    assert sentence(read_cron(cron)) is None


@pytest.mark.parametrize(
    "text",
    ["", "4", "every day", "0 4 * *", "0 4 * * * *", "60 4 * * *", "0 25 * * *", "0 4 0 * *",
     "0 4 * 13 *", "0 4 * * 8", "*/0 * * * *", "5-1 * * * *", "0 4 * * `", "a b c d e", "24:00"],
)  # fmt: skip
def test_what_is_no_cron_is_refused_before_the_panel_sees_it(text: str) -> None:
    with pytest.raises(NoCron):
        read_cron(text)


def test_a_time_of_day_means_every_day() -> None:
    assert str(read_cron(" 4:05 ")) == "5 4 * * *"


def test_typing_a_time_offers_days_for_it() -> None:
    offered = dict(suggestions("18:30"))

    assert offered["30 18 * * *"] == "every day at 18:30"
    assert offered["30 18 * * 6"] == "every Saturday at 18:30"


def test_typing_cron_is_answered_with_its_sentence() -> None:
    assert suggestions("0 4 * * 1-5") == [("0 4 * * 1-5", "every Monday to Friday at 04:00")]


def test_typing_words_filters_what_is_offered() -> None:
    assert [cron for cron, _ in suggestions("sunday")] == ["0 4 * * 0,6", "0 4 * * 0"]
