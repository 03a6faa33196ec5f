"""The bench of scores: its metrics by hand, and a table that hides no miss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.peers.bgnbd import Model, summarise
from bench.scores import metrics
from bench.scores.judge import OURS, Figures, JudgeError, check, not_significant
from bench.scores.judged import Judged, judge_line
from bench.scores.lines import (
    CHURN,
    DIFFERENCE,
    LINES,
    LOWER,
    NAMES,
    NEW,
    SEASONED,
    VALUE_ITSELF,
    WORST,
    Line,
    own,
)
from bench.scores.report import Run, page
from bench.scores.run import MODELS, PEERS
from bench.scores.settings import ScoreSettings
from bench.settings import SettingError

DAYS = ("2011-05-01", "2011-06-01", "2011-07-01")


# --- metrics --------------------------------------------------------------------------------


def test_churn_metrics_are_those_of_a_small_case() -> None:
    # Of the 4 pairs of who left and who stayed, .9 and .4 beat .1, .9 beats .4, and .4 ties .4.
    outcomes = pd.DataFrame(
        {"customer_id": list("abcd"), "predicted": [0.9, 0.4, 0.4, 0.1], "is_churned": [1, 1, 0, 0]}
    )
    found = metrics.churn_metrics(outcomes)
    assert found["auc"] == pytest.approx(3.5 / 4)
    assert found["brier_score"] == pytest.approx((0.01 + 0.36 + 0.16 + 0.01) / 4)


def test_the_largest_error_of_a_fifth_goes_by_prediction_and_then_by_id() -> None:
    # Six customers: the first fifth has two, those of the lowest predictions; ties go by id.
    outcomes = pd.DataFrame(
        {
            "customer_id": list("fedcba"),
            "predicted": [0.8, 0.7, 0.6, 0.5, 0.2, 0.2],
            "is_churned": [1, 1, 1, 1, 0, 1],
        }
    )
    # a and b: .2 against 1/2; c: .5 against 1.
    assert metrics.churn_metrics(outcomes)["fifth_error"] == pytest.approx(0.5)
    outcomes.loc[outcomes["customer_id"] == "f", "is_churned"] = 0
    assert metrics.churn_metrics(outcomes)["fifth_error"] == pytest.approx(0.8)


def test_value_metrics_look_at_the_top_tenth() -> None:
    # Of 20 customers two are the tenth: 1 and 2 are said to be, 0 and 1 are.
    actual = np.array([100.0, 50.0, 10.0] + [1.0] * 17)
    predicted = np.array([5.0, 90.0, 80.0] + [1.0] * 17)
    ids = [f"{number:02}" for number in range(20)]
    outcomes = pd.DataFrame({"customer_id": ids, "predicted": predicted, "actual_value": actual})
    found = metrics.value_metrics(outcomes)
    assert found["top_decile_capture"] == pytest.approx(60 / 150)
    assert found["top_decile_revenue_found"] == pytest.approx(50 / 150)
    assert found["top_decile_customers_found"] == pytest.approx(1 / 2)
    assert found["mean_absolute_error"] == pytest.approx((95 + 40 + 70) / 20)


def test_a_part_of_a_tenth_does_not_count_and_ties_go_by_id() -> None:
    values, ids = np.array([1.0] * 19), np.array([f"{number:02}" for number in range(18, -1, -1)])
    assert list(ids[metrics.first_tenth(values, ids)]) == ["00"]


def test_hits_count_items_once_and_only_in_the_first_ten() -> None:
    lists = pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", "b"],
            "item_id": ["x", "x", "y", "x"],
            "rank": [1, 2, 11, 1],
        }
    )
    bought = pd.DataFrame({"customer_id": ["a", "a", "c"], "item_id": ["x", "y", "x"]})
    hits = metrics.list_hits(lists, bought, pd.Index(["a", "c"]), np.array([10, 10]))
    assert hits["hits"].to_list() == [1, 0]
    assert metrics.hits_per_slot(hits) == pytest.approx(1 / 20)


def test_flags_are_right_and_losses_found() -> None:
    # Three are flagged, of which two are lost; of four lost, two are flagged.
    flags = pd.DataFrame(
        {
            "is_flagged": [True, True, True, False, False, False],
            "has_bought_after": [False, False, True, False, False, True],
        }
    )
    assert metrics.flag_metrics(flags) == {"precision": pytest.approx(2 / 3), "recall": 0.5}
    assert metrics.flag_metrics(flags.iloc[5:]) == {}


def gaps(after: list[int]) -> pd.DataFrame:
    """Twenty customers who spent little before, and twenty who spent much."""
    return pd.DataFrame(
        {
            "customer_id": [f"c{number:02}" for number in range(40)],
            "spend_before": [number + 1000 * (number >= 20) for number in range(40)],
            "peer_gap": [number % 20 for number in range(40)],
            "spend_after": after,
        }
    )


def test_gaps_are_ranked_among_customers_who_spent_the_same() -> None:
    # The rich spend more by far, which says nothing of gaps.
    grows = [number % 20 + 5000 * (number >= 20) for number in range(40)]
    ranks = metrics.ranks_at_equal_spend(gaps(grows), "peer_gap")
    assert metrics.correlation(ranks) == pytest.approx(1)
    assert metrics.correlation_interval([ranks]) == pytest.approx((1, 1))
    halves = [number % 20 if number >= 20 else -number for number in range(40)]
    ranks = metrics.ranks_at_equal_spend(gaps(halves), "peer_gap")
    assert metrics.correlation(ranks) == pytest.approx(0)
    lower, upper = metrics.correlation_interval([ranks, ranks])
    assert -0.7 < lower < -0.2 < 0.2 < upper < 0.7


def frame(hits: list[int]) -> pd.DataFrame:
    index = pd.Index([f"{number:03}" for number in range(len(hits))])
    return pd.DataFrame({"hits": hits, "slots": 10}, index=index)


def test_the_interval_of_a_ratio_holds_what_is_certain_and_spreads_what_is_not() -> None:
    ours, theirs = frame([2, 4] * 50), frame([1, 2] * 50)
    lower, upper = metrics.ratio_interval([ours], [theirs])
    assert lower == pytest.approx(2) and upper == pytest.approx(2)
    lower, upper = metrics.ratio_interval([frame([0, 4] * 50)], [frame([1, 1] * 50)])
    # Twice as many; the share of customers with hits has a standard error of .05 in .5.
    assert 1.5 < lower < 1.7 and 2.3 < upper < 2.5


def test_rules_of_pairs_that_are_not_significant_are_counted_by_rank() -> None:
    pairs = pd.DataFrame({"item_id_a": ["x"], "item_id_b": ["y"], "is_significant": [True]})
    rules = pd.DataFrame({"from_item_id": ["y", "z"], "to_item_id": ["x", "x"], "lift": [9.0, 5.0]})
    assert not_significant(rules, "lift", pairs)["not_significant_in_all"] == 0.5


# --- peers ----------------------------------------------------------------------------------


def simulated_orders(count: int, weeks: int) -> pd.DataFrame:
    """Order days of customers with rates of their own, who may leave after any but the first."""
    generator = np.random.default_rng(20240101)
    rows: list[tuple[str, int]] = []
    for customer in range(count):
        rate, leaving = generator.gamma(1.5, 1 / 6), generator.beta(1.0, 4.0)
        day = 0.0
        while day < weeks * 7:
            rows.append((f"{customer:05}", int(day)))
            if day and generator.random() < leaving:
                break
            day += 1 + generator.exponential(7 / rate)
    orders = pd.DataFrame(rows, columns=["customer_id", "day"])
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(orders["day"], unit="D")
    return orders.assign(invoice_date=dates, is_order=True, spend=20.0)


def test_silence_is_foretold_as_often_as_it_comes() -> None:
    orders = simulated_orders(2000, 65)
    known, later = orders[orders["day"] < 364], orders[orders["day"].between(364, 453)]
    customers = summarise(known, pd.Timestamp("2024-01-01") + pd.Timedelta(days=363))
    is_silent = ~customers.index.isin(later["customer_id"])
    predicted = Model.fit(customers).silent(customers, 90)
    assert abs(predicted.mean() - is_silent.mean()) < 0.02
    for fifth in np.array_split(np.argsort(predicted), 5):
        assert abs(predicted[fifth].mean() - is_silent[fifth].mean()) < 0.06


def test_customers_are_summarised_by_order_days_and_net_spend() -> None:
    orders = pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", "b", "c"],
            "invoice_date": pd.to_datetime(
                ["2024-01-01", "2024-01-15", "2024-01-20", "2024-01-29", "2024-01-29"]
            ),
            "is_order": [True, True, False, True, False],
            "spend": [30.0, 20.0, -10.0, 8.0, -5.0],
        }
    )
    customers = summarise(orders, pd.Timestamp("2024-01-29"))
    # b bought once, today; c has returns only; the return of a is no order day but lowers spend.
    assert list(customers.index) == ["a", "b"]
    assert customers.loc["a"].to_dict() == {
        "days": 2, "frequency": 1, "recency": 2, "age": 4, "value": 20,
    }  # fmt: skip
    assert customers.loc["b", ["frequency", "recency", "age"]].to_list() == [0, 0, 0]


# --- figures --------------------------------------------------------------------------------


def figures(ours: list[float], theirs: list[float], metric: str = "auc") -> Figures:
    found = Figures()
    for day, mine, other in zip(DAYS, ours, theirs, strict=False):
        found.add(CHURN, OURS, day, {metric: mine})
        found.add(CHURN, "boosting", day, {metric: other})
    return found


def test_two_computations_of_a_metric_must_agree() -> None:
    found = figures([0.8], [0.7])
    check(found, CHURN, OURS, DAYS[0], {"auc": 0.8 + 1e-9})
    with pytest.raises(JudgeError, match="says that auc of ours is"):
        check(found, CHURN, OURS, DAYS[0], {"auc": 0.81})


def test_dates_before_a_line_begins_do_not_count() -> None:
    row = judge_line(own(CHURN, "auc", 0.81, since=SEASONED), figures([0.5, 0.8, 0.84], [0, 0, 0]))
    assert row.days == DAYS[1:]
    assert row.compared == pytest.approx(0.82)
    assert row.is_reached


def test_the_worst_date_is_the_least_favourable_one() -> None:
    least = judge_line(own(CHURN, "auc", 0.6, over=WORST), figures([0.7, 0.5, 0.9], [1, 1, 1]))
    assert (least.compared, least.worst_day, least.is_reached) == (0.5, DAYS[1], False)
    most = judge_line(
        own(CHURN, "fifth_error", 0.08, over=WORST),
        figures([0.07, 0.05, 0.09], [1, 1, 1], "fifth_error"),
    )
    assert (most.compared, most.worst_day, most.is_reached) == (0.09, DAYS[2], False)


def test_a_ratio_is_of_means_and_less_may_be_better() -> None:
    line = Line(CHURN, "brier_score", "boosting", bound=1.0)
    row = judge_line(line, figures([0.1, 0.3], [0.2, 0.2], "brier_score"))
    assert row.compared == pytest.approx(1)
    assert judge_line(line, figures([0.1, 0.31], [0.2, 0.2], "brier_score")).is_reached is False


def test_a_difference_may_be_a_little_below() -> None:
    line = Line(CHURN, "auc", "boosting", DIFFERENCE, bound=-0.005)
    assert judge_line(line, figures([0.816], [0.82])).is_reached
    assert judge_line(line, figures([0.81], [0.82])).is_reached is False


def test_the_lower_limit_is_of_the_hits_of_all_dates() -> None:
    found = Figures()
    for day in DAYS[:2]:
        for method, hits in ((OURS, frame([2] * 9)), ("popular_30", frame([1] * 9))):
            found.add(NEW, method, day, {"hits_per_slot": metrics.hits_per_slot(hits)})
            found.hits[method][day] = hits
    row = judge_line(Line(NEW, "hits_per_slot", "popular_30", over=LOWER, bound=1.3), found)
    assert row.compared == pytest.approx(2)
    assert row.is_reached


def test_what_was_not_measured_is_missed() -> None:
    row = judge_line(Line(CHURN, "auc", "bgnbd", bound=1.0), figures([0.8], [0.7]))
    assert row.compared is None
    assert row.is_reached is False
    assert judge_line(Line(CHURN, "auc", "bgnbd"), Figures()).is_reached is None


def test_a_peer_that_failed_on_a_date_proves_nothing() -> None:
    found = figures([0.8, 0.8, 0.8], [0.7, 0.7, 0.7])
    del found.values[CHURN, "auc", "boosting"][DAYS[2]]
    row = judge_line(Line(CHURN, "auc", "boosting", bound=1.0), found)
    assert (row.days, row.lacking) == (DAYS[:2], 1)
    assert row.compared == pytest.approx(8 / 7)
    assert row.is_reached is False
    assert "2, 1 not measured, from 2011-05-01" in shown(row)


# --- the page -------------------------------------------------------------------------------

RUN = Run("2026-01-01", "lines.parquet", DAYS, "2 cores")


def shown(*rows: Judged) -> str:
    return page(RUN, rows, {CHURN: 4.5}, {"boosting": 123.4})


def test_a_miss_stands_in_the_table_and_above_it() -> None:
    reached = Judged(own(CHURN, "auc", 0.8), DAYS, 0.81, None, 0.81)
    missed = Judged(Line(CHURN, "brier_score", "boosting", bound=1.0), DAYS, 0.2, 0.16, 1.25)
    text = shown(reached, missed)
    assert "1 of 2 thresholds are reached. Missed:" in text
    assert "- `customer_churn`, Brier score against gradient boosting (scikit-learn)" in text
    (line,) = (line for line in text.splitlines() if line.startswith("|") and "Brier" in line)
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    assert cells[3:] == [
        "0.2000", "gradient boosting (scikit-learn)", "0.1600", "1.250 x", "≤ 1 x", "**no**",
        "4.50", "123",
    ]  # fmt: skip


def test_what_was_not_measured_says_so() -> None:
    text = shown(judge_line(Line(CHURN, "auc", "bgnbd", bound=1.0), Figures()))
    assert "0 of 1 thresholds are reached" in text
    assert text.count("| not measured |") == 2


def test_a_figure_by_itself_has_no_peer() -> None:
    assert "not measured" not in shown(Judged(own(CHURN, "auc", 0.8), DAYS, 0.81, None, 0.81))


def test_a_line_without_a_bound_asks_nothing() -> None:
    text = shown(Judged(Line(CHURN, "auc", "boosting", DIFFERENCE), DAYS, 0.8, 0.7, 0.1))
    assert "0 of 0 thresholds are reached.\n" in text
    assert "**no**" not in text
    assert "+0.1000" in text


def test_every_line_has_names_seconds_and_someone_who_computes_it() -> None:
    baselines = {
        "recency", "same_as_last_180_days", "shrunk_rules", "basket_rules", "mlxtend",
        "churn_flag", "opportunity_gap",
    }  # fmt: skip
    for line in LINES:
        assert line.metric in NAMES
        assert line.score in MODELS
        assert line.method is None or line.method in NAMES
        assert line.method is None or line.method in PEERS.keys() | baselines
        assert (line.method is None) == (line.compare == VALUE_ITSELF)
    assert {line.score for line in LINES} == MODELS.keys()
    assert len(LINES) == len(set(LINES))


def test_all_models_whose_seconds_are_told_are_there() -> None:
    names = {path.stem for path in Path("models").rglob("*.sql")}
    assert {model for models in MODELS.values() for model in models} <= names


# --- settings -------------------------------------------------------------------------------


def test_the_file_is_named_or_lies_among_the_real_data(tmp_path: Path) -> None:
    file = tmp_path / "online_retail_ii.parquet"
    with pytest.raises(SettingError, match="FILE or REAL_DATA_DIR"):
        ScoreSettings.of({"FILE": ""})
    with pytest.raises(SettingError, match="is no file"):
        ScoreSettings.of({"REAL_DATA_DIR": str(tmp_path)})
    file.touch()
    settings = ScoreSettings.of({"REAL_DATA_DIR": str(tmp_path)})
    assert (settings.file, settings.dates, settings.reuses_splits) == (file, 10, False)
    assert ScoreSettings.of({"FILE": str(file), "REUSE": "yes", "DATES": "2"}).dates == 2


@pytest.mark.parametrize(("name", "value"), [("DATES", "none"), ("DATES", "0"), ("REUSE", "maybe")])
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str, tmp_path: Path) -> None:
    file = tmp_path / "lines.parquet"
    file.touch()
    with pytest.raises(SettingError, match=name):
        ScoreSettings.of({"FILE": str(file), name: value})
