{% macro judging_key() -%}
    {#- Vars that say where rows are or that only marts read; any other one may change a verdict. -#}
    {%- set others = [
        'use_demo_data', 'dw_schema', 'dw_columns', 'dw_optional_tables', 'online_retail_schema',
        'build_date', 'as_of_date', 'forecast_horizon_days',
        'basket_max_items', 'basket_min_support', 'basket_min_confidence', 'basket_min_count',
        'basket_max_rules', 'basket_max_q', 'rfm_monetary', 'abc_cut_a', 'abc_cut_b',
        'penetration_active_days', 'churn_window_days', 'churn_drop_threshold', 'customer',
        'churn_horizon_days', 'churn_band_high', 'churn_band_medium', 'churn_lapsed_days',
        'churn_min_history_days', 'churn_min_repeat_customers', 'churn_snapshot_days',
        'churn_half_life_days', 'churn_max_training_rows', 'bgnbd_max_customers',
        'value_horizon_days', 'value_interval', 'whale_share',
        'basket_window_days', 'basket_half_life_days', 'duplicate_min_confidence',
        'churn_max_p_value', 'churn_min_expected_purchases', 'churn_min_purchase_ratio',
        'churn_min_value_ratio', 'peer_window_days', 'peer_min_customers', 'peer_quantile',
        'peer_max_growth_ratio', 'spend_outcome_days', 'recommendation_count',
        'recommendation_horizon_days', 'recommendation_offer_days', 'recommendation_latest_items',
        'recommendation_min_customers', 'recommendation_neighbours',
        'recommendation_half_life_days', 'recommendation_recency_half_life_days',
        'recommendation_popularity_weight', 'recommendation_min_shown', 'reorder_count',
        'reorder_half_life_days', 'reorder_min_gaps', 'actions_per_customer', 'actions_per_rep',
        'action_valid_days', 'action_holdout_ratio', 'backtest_dates',
        'backtest_min_history_days', 'backtest_resamples',
    ] -%}
    {%- set judging_vars = {} -%}
    {%- for name in known_vars() if name not in others -%}
        {%- do judging_vars.update({name: var(name)}) -%}
    {%- endfor -%}
    cast('{{ local_md5(tojson(judging_vars, sort_keys=true)) }}' as {{ type_text() }})
{%- endmacro %}
