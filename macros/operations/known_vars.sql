{% macro known_vars() %}
    {% do return([
        'connectors', 'use_demo_data', 'dw_schema', 'dw_columns', 'dw_optional_tables',
        'online_retail_schema', 'online_retail_reject_duplicates', 'id_prefix',
        'as_of_date', 'build_date', 'earliest_plausible_date', 'forecast_horizon_days',
        'basket_max_items', 'basket_min_support', 'basket_min_confidence', 'basket_min_count',
        'basket_max_rules', 'basket_max_q', 'basket_window_days', 'basket_half_life_days',
        'duplicate_min_confidence',
        'rfm_monetary', 'abc_cut_a', 'abc_cut_b', 'penetration_active_days',
        'backtest_dates', 'backtest_min_history_days', 'backtest_resamples',
        'actions_per_customer', 'actions_per_rep', 'action_valid_days', 'action_holdout_ratio',
        'churn_horizon_days',
        'churn_window_days', 'churn_drop_threshold', 'churn_max_p_value',
        'churn_min_expected_purchases', 'churn_min_purchase_ratio', 'churn_min_value_ratio',
        'peer_window_days', 'peer_min_customers', 'peer_quantile', 'peer_max_growth_ratio',
        'spend_outcome_days',
        'recommendation_count', 'recommendation_horizon_days', 'recommendation_offer_days',
        'recommendation_latest_items', 'recommendation_neighbours', 'recommendation_half_life_days',
        'recommendation_recency_half_life_days', 'recommendation_popularity_weight',
        'recommendation_min_customers', 'recommendation_min_shown', 'reorder_count',
        'reorder_half_life_days', 'reorder_min_gaps',
        'number_pattern', 'date_pattern', 'time_pattern', 'customer',
    ]) %}
{% endmacro %}
