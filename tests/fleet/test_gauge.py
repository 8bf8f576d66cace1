"""Thresholds that don't flap, and an estimate that is made only where there is enough for one."""

from datetime import timedelta

from bot.fleet.gauge import Gauge, Step, Trend
from tests.clock import START


def gauge() -> Gauge:
    return Gauge(threshold=90, holds=timedelta(minutes=5), clears=timedelta(minutes=2))


def steps(values: list[float], *, every: int = 60) -> list[tuple[int, Step]]:
    """What a sample a minute brings about, by its number."""
    one = gauge()
    found = ((n, one.see(v, START + timedelta(seconds=n * every))) for n, v in enumerate(values))
    return [(number, step) for number, step in found if step is not None]


def test_a_figure_has_to_stay_high_for_its_time() -> None:
    assert steps([95, 95, 95, 95, 95]) == []
    assert steps([95, 95, 95, 95, 95, 95]) == [(5, Step.OPENED)]
    assert steps([95, 95, 20, 95, 95, 95, 95, 95]) == []


def test_what_is_open_closes_only_clearly_below_and_for_its_time() -> None:
    high = [95.0] * 6
    assert steps([*high, 85, 85, 85, 85]) == [(5, Step.OPENED)]
    assert steps([*high, 70, 70]) == [(5, Step.OPENED)]
    assert steps([*high, 70, 70, 70]) == [(5, Step.OPENED), (8, Step.CLOSED)]


def test_what_goes_up_and_down_around_the_threshold_opens_once() -> None:
    assert steps([95.0] * 6 + [88, 93] * 50) == [(5, Step.OPENED)]


def test_the_peak_is_the_highest_since_it_began() -> None:
    one = gauge()
    for number, value in enumerate([20, 91, 99, 92, 92, 92, 92]):
        one.see(value, START + timedelta(minutes=number))

    assert one.is_open
    assert one.peak == 99


def test_what_is_not_known_for_a_while_doesn_t_count_as_high() -> None:
    one = gauge()
    for number in range(5):
        one.see(95, START + timedelta(minutes=number))
    one.miss()

    assert one.see(95, START + timedelta(minutes=60)) is None


def test_a_disk_that_fills_evenly_is_full_when_the_line_says() -> None:
    trend = Trend()
    for hour in range(6):
        trend.see(100 + 10 * hour, START + timedelta(hours=hour))

    now = START + timedelta(hours=5)
    assert trend.reaches(200, now) == now + timedelta(hours=5)


def test_no_estimate_is_made_of_too_little_or_of_what_doesn_t_rise() -> None:
    now = START + timedelta(hours=5)
    short, falling, slow = Trend(), Trend(), Trend()
    for number in range(5):
        short.see(100 + number, START + timedelta(minutes=5 * number))
        falling.see(100 - number, START + timedelta(hours=number))
        slow.see(100 + number / 1000, START + timedelta(hours=number))

    assert short.reaches(200, now) is None
    assert falling.reaches(200, now) is None
    assert slow.reaches(200, now) is None


def test_samples_are_thinned_so_that_a_day_fits() -> None:
    trend = Trend()
    for second in range(0, 3600, 10):
        trend.see(second, START + timedelta(seconds=second))

    assert len(trend._samples) == 12
