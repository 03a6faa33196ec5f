{% macro known_vars() %}
    {% do return([
        'connectors', 'use_demo_data', 'dw_schema', 'dw_columns', 'dw_optional_tables',
        'online_retail_schema', 'online_retail_reject_duplicates', 'id_prefix',
        'as_of_date', 'build_date', 'earliest_plausible_date', 'forecast_horizon_days',
        'basket_max_items', 'basket_min_support', 'basket_min_confidence', 'basket_min_count',
        'basket_max_rules', 'basket_max_q',
        'rfm_monetary', 'abc_cut_a', 'abc_cut_b', 'penetration_active_days',
        'churn_window_days', 'churn_drop_threshold',
        'churn_horizon_days', 'churn_band_high', 'churn_band_medium', 'churn_lapsed_days',
        'churn_min_history_days', 'churn_min_repeat_customers', 'churn_snapshot_days',
        'churn_half_life_days', 'churn_max_training_rows', 'bgnbd_max_customers',
        'value_horizon_days', 'value_interval', 'whale_share',
        'number_pattern', 'date_pattern', 'time_pattern', 'customer',
    ]) %}
{% endmacro %}
