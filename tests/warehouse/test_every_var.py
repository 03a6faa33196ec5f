"""The demo company with every var away from its default: all data tests are still green."""

from __future__ import annotations

import yaml

from tests.warehouse.harness import PROJECT, Builder

OTHER_VALUES = {
    "online_retail_reject_duplicates": False,
    "id_prefix": {"dw": "x-"},
    "as_of_date": "2025-12-31",
    "build_date": "2026-07-01",
    "earliest_plausible_date": "2024-03-01",
    "forecast_horizon_days": 10,
    "basket_max_items": 0,
    "basket_min_support": 0.002,
    "basket_min_confidence": 0.05,
    "basket_min_count": 2,
    "basket_max_rules": 7,
    "basket_max_q": 0.01,
    "basket_window_days": 500,
    "basket_half_life_days": 90,
    "duplicate_min_confidence": 0.3,
    "rfm_monetary": "sales",
    "abc_cut_a": 0.5,
    "abc_cut_b": 0.7,
    "penetration_active_days": 30,
    "churn_window_days": 30,
    "churn_drop_threshold": 0.8,
    "churn_max_p_value": 0.2,
    "churn_min_expected_purchases": 1,
    "churn_min_purchase_ratio": 0.25,
    "churn_min_value_ratio": 0,
    "peer_window_days": 180,
    "peer_min_customers": 5,
    "peer_quantile": 0.5,
    "peer_max_growth_ratio": 2,
    "spend_outcome_days": 30,
    "recommendation_count": 4,
    "recommendation_horizon_days": 60,
    "recommendation_offer_days": 45,
    "recommendation_latest_items": 8,
    "recommendation_min_customers": 3,
    "recommendation_neighbours": 5,
    "recommendation_half_life_days": 30,
    "recommendation_recency_half_life_days": 20,
    "recommendation_popularity_weight": 0.5,
    "recommendation_min_shown": 7,
    "reorder_count": 3,
    "reorder_half_life_days": 45,
    "reorder_min_gaps": 2,
    "churn_horizon_days": 30,
    "churn_band_high": 0.6,
    "churn_band_medium": 0.3,
    "churn_lapsed_days": 200,
    "churn_min_history_days": 100,
    "churn_min_repeat_customers": 5,
    "churn_snapshot_days": 40,
    "churn_half_life_days": 60,
    "churn_max_training_rows": 1000,
    "bgnbd_max_customers": 1000,
    "value_horizon_days": 90,
    "value_interval": 0.5,
    "whale_share": 0.1,
    "actions_per_customer": 2,
    "actions_per_rep": 20,
    "actions_per_kind": 8,
    "action_valid_days": 7,
    "action_holdout_ratio": 0.25,
    "backtest_dates": 3,
    "backtest_min_history_days": 200,
    "backtest_resamples": 20,
    # On DuckDB they do nothing; test_access.py has them on PostgreSQL.
    "page_role": "page",
    "analyst_role": "analyst",
}

# Vars that say where the input is, not how it is counted; other tests change them.
INPUT_VARS = {
    "connectors", "use_demo_data", "dw_schema", "dw_columns", "dw_optional_tables",
    "online_retail_schema", "customer", "number_pattern", "date_pattern", "time_pattern",
}  # fmt: skip


def test_every_counting_var_can_be_changed(builder: Builder) -> None:
    defaults = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    assert set(OTHER_VALUES) == set(defaults) - INPUT_VARS
    assert all(defaults[name] != value for name, value in OTHER_VALUES.items())
    warehouse = builder.build_file(builder.new_file(), OTHER_VALUES, with_tests=True)
    assert len(warehouse.rows("marts.basket_rule")) == 7
    as_of_dates = {str(row["as_of_date"]) for row in warehouse.rows("marts.customer_360")}
    assert as_of_dates == {"2025-12-31"}
    customers = {row["customer_id"] for row in warehouse.rows("marts.customer_360")}
    assert customers and all(customer.startswith("x-") for customer in customers)
