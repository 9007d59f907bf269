"""Jobs in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from discovery.models import SourcingJob
from discovery.models.sourcing import alert_rule
from discovery.sourcing import job_text
from discovery.sourcing.forecast import Forecast, JobYield

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture(autouse=True)
def english() -> Any:
    with override("en"):
        yield


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("times", "weekdays", "said"),
    [
        (["07:30", "13:00"], list(range(7)), "every day at 07:30 and 13:00"),
        (["07:30"], [0, 1, 2, 3, 4], "from monday to friday at 07:30"),
        (["07:30"], [0, 2], "on monday and wednesday at 07:30"),
        (["06:00", "12:00", "18:00"], [6], "on sunday at 06:00, 12:00 and 18:00"),
        ([], list(range(7)), "only when you start it"),
    ],
)
def test_a_schedule_is_said_as_people_say_it(
    times: list[str], weekdays: list[int], said: str
) -> None:
    assert job_text.schedule_text(SourcingJob(times=times, weekdays=weekdays)) == said


def test_a_forecast_tells_runs_tokens_and_their_share() -> None:
    expected = Forecast(
        tokens_a_run=53, runs_a_day=Decimal(3), tokens_a_day=160, share=Decimal("0.556"),
        is_measured=False,
    )  # fmt: skip
    with override("fr"):
        said = plain(job_text.forecast_text(expected))
    assert said == "3 passages par jour ≈ 160 jetons, 0,6 % du budget."


def test_a_forecast_without_a_schedule_or_a_plan_says_less() -> None:
    by_hand = Forecast(53, Decimal(0), 0, None, is_measured=False)
    assert plain(job_text.forecast_text(by_hand)).startswith("One run ≈ 53 tokens")
    no_plan = Forecast(53, Decimal(1), 53, None, is_measured=True)
    assert plain(job_text.forecast_text(no_plan)) == "1 run a day ≈ 53 tokens."


@pytest.mark.parametrize(
    ("runs", "said", "said_in_french"),
    [
        ("0.7", "0.7 runs a day", "0,7 passage par jour"),
        ("1", "1 run a day", "1 passage par jour"),
        ("1.4", "1.4 runs a day", "1,4 passage par jour"),
        ("2", "2 runs a day", "2 passages par jour"),
        ("2.1", "2.1 runs a day", "2,1 passages par jour"),
    ],
)
def test_runs_a_day_are_one_or_several_as_each_language_counts(
    runs: str, said: str, said_in_french: str
) -> None:
    expected = Forecast(53, Decimal(runs), 80, None, is_measured=True)
    assert plain(job_text.forecast_text(expected)).startswith(said)
    with override("fr"):
        assert plain(job_text.forecast_text(expected)).startswith(said_in_french)


def test_totals_are_tokens_a_pick() -> None:
    assert plain(job_text.totals_text(JobYield(tokens=24, picks=2, runs=1))) == "12 tokens a pick"
    assert "nothing found" in job_text.totals_text(JobYield(tokens=24, picks=0, runs=1))
    assert job_text.totals_text(JobYield(tokens=0, picks=0, runs=0)) == "never run"


def test_deals_are_said_with_all_they_ask() -> None:
    asked = {
        "price_type": "AMAZON", "drop_percent": 25, "range": 1, "bsr_max": 80_000,
        "price_min": "12.50", "categories": [1], "no_amazon": True,
    }  # fmt: skip
    job = SourcingJob(source="deals", marketplace="fr", criteria=asked)
    said = plain(job_text.source_text(job, {("fr", 1): "Toys"}))
    assert said == (
        "Amazon's price down by 25% in a week, BSR up to 80,000, from €12.50, Toys, Amazon absent"
    )


def test_every_source_has_its_words_its_icon_and_its_sentence() -> None:
    for source in SourcingJob.Source:
        assert job_text.SOURCE_ICONS[source]
        assert str(job_text.SOURCE_HELP[source])
    sellers = SourcingJob(source="sellers", criteria={"sellers": ["A", "B"]})
    assert job_text.source_text(sellers, {}) == "2 sellers"
    both = SourcingJob(source="favourites", criteria={"favourites": True, "purchases": True})
    assert job_text.source_text(both, {}) == "favourites, purchases"


def test_an_alert_rule_says_from_when_on() -> None:
    rule = alert_rule(min_roi=30.0, min_profit="4.50")
    job = SourcingJob(marketplace="fr", alert_rule=rule)
    assert plain(job_text.alert_text(job)) == "Buy, ROI from 30%, profit from €4.50"
    assert job_text.alert_text(SourcingJob(alert_rule=alert_rule(on=False))) == "no alert"


def test_a_pause_says_why_and_an_unknown_code_stands_for_itself() -> None:
    assert job_text.pause_text(SourcingJob(state="active")) == ""
    assert job_text.pause_text(SourcingJob(state="paused")) == "You paused it."
    for code in job_text.PAUSES:
        assert code not in job_text.pause_text(SourcingJob(state="paused", pause_reason=code))
    later = SourcingJob(state="paused", pause_reason="of_later")
    assert job_text.pause_text(later) == "of_later"


def test_what_a_source_told_is_read_whatever_it_holds() -> None:
    told = {"kind": "niche", "matches": 1200, "changed": 2, "sellers": [{}], "gone": None}
    words = [(label, plain(text)) for label, text in job_text.told_of({"source": told})]
    assert words == [("Products that answer", "1,200"), ("Changed since the last look", "2")]
    assert job_text.told_of(None) == job_text.told_of({"source": "x"}) == []
    assert job_text.steps_of({"tokens": [1]}) == []
