{% macro known_vars() %}
    {% do return([
        'connectors', 'use_demo_data', 'dw_schema', 'dw_columns', 'dw_optional_tables',
        'online_retail_schema', 'online_retail_reject_duplicates', 'id_prefix',
        'as_of_date', 'build_date', 'earliest_plausible_date', 'forecast_horizon_days',
        'basket_max_items', 'basket_min_support', 'basket_min_confidence', 'basket_min_count',
        'basket_max_rules', 'basket_max_q', 'basket_window_days', 'basket_half_life_days',
        'duplicate_min_confidence',
        'rfm_monetary', 'abc_cut_a', 'abc_cut_b', 'penetration_active_days',
        'churn_window_days', 'churn_drop_threshold', 'churn_max_p_value',
        'churn_min_expected_purchases', 'churn_min_purchase_ratio', 'churn_min_value_ratio',
        'peer_window_days', 'peer_min_customers', 'peer_quantile', 'peer_max_growth_ratio',
        'spend_outcome_days',
        'number_pattern', 'date_pattern', 'time_pattern', 'customer',
    ]) %}
{% endmacro %}
