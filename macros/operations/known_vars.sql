{% macro known_vars() %}
    {% do return([
        'connectors', 'use_demo_data', 'dw_schema', 'dw_columns', 'dw_optional_tables',
        'online_retail_schema', 'online_retail_reject_duplicates', 'id_prefix',
        'as_of_date', 'build_date', 'earliest_plausible_date', 'forecast_horizon_days',
        'basket_max_items', 'basket_min_support', 'basket_min_confidence', 'basket_min_count',
        'basket_max_rules', 'basket_max_q',
        'rfm_monetary', 'abc_cut_a', 'abc_cut_b', 'penetration_active_days',
        'churn_window_days', 'churn_drop_threshold',
        'recommendation_count', 'recommendation_horizon_days', 'recommendation_offer_days',
        'recommendation_latest_items', 'recommendation_neighbours', 'recommendation_half_life_days',
        'recommendation_recency_half_life_days', 'recommendation_popularity_weight',
        'recommendation_min_customers', 'recommendation_min_shown', 'reorder_count',
        'reorder_half_life_days', 'reorder_min_gaps',
        'number_pattern', 'date_pattern', 'time_pattern', 'customer',
    ]) %}
{% endmacro %}
