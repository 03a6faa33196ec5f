{% macro check_vars() %}
    {% set known_vars = known_vars() %}
    {% for name in invocation_args_dict.get('vars') or {} if name not in known_vars %}
        {% do exceptions.raise_compiler_error(
            "There is no var '" ~ name ~ "'; the vars are " ~ known_vars | sort | join(', ')
            ~ ' (README, "Vars").'
        ) %}
    {% endfor %}

    {% set numeric_vars = [
        'forecast_horizon_days', 'basket_max_items', 'basket_min_support', 'basket_min_confidence',
        'basket_min_count', 'basket_max_rules', 'basket_max_q', 'abc_cut_a', 'abc_cut_b',
        'penetration_active_days', 'churn_window_days', 'churn_drop_threshold',
        'basket_window_days', 'basket_half_life_days', 'duplicate_min_confidence',
        'churn_max_p_value', 'churn_min_expected_purchases', 'churn_min_purchase_ratio',
        'churn_min_value_ratio',
        'peer_window_days', 'peer_min_customers', 'peer_quantile', 'peer_max_growth_ratio',
        'spend_outcome_days',
        'recommendation_count', 'recommendation_horizon_days', 'recommendation_offer_days',
        'recommendation_latest_items', 'recommendation_neighbours', 'recommendation_half_life_days',
        'recommendation_recency_half_life_days', 'recommendation_popularity_weight',
        'recommendation_min_customers', 'recommendation_min_shown', 'reorder_count',
        'reorder_half_life_days', 'reorder_min_gaps',
        'churn_horizon_days', 'churn_band_high', 'churn_band_medium', 'churn_lapsed_days',
        'churn_min_history_days', 'churn_min_repeat_customers', 'churn_snapshot_days',
        'churn_half_life_days', 'churn_max_training_rows', 'bgnbd_max_customers',
        'value_horizon_days', 'value_interval', 'whale_share',
        'actions_per_customer', 'actions_per_rep', 'actions_per_kind', 'action_valid_days',
        'action_holdout_ratio',
        'backtest_dates', 'backtest_min_history_days', 'backtest_resamples',
    ] %}
    {% for name in numeric_vars if var(name) is not number or var(name) < 0 %}
        {% do exceptions.raise_compiler_error(
            'Var ' ~ name ~ " must be a number that is not negative, not '" ~ var(name) ~ "'."
        ) %}
    {% endfor %}
    {% set shares = [
        'duplicate_min_confidence', 'churn_max_p_value', 'peer_quantile', 'action_holdout_ratio',
    ] %}
    {% for name in shares if var(name) > 1 %}
        {% do exceptions.raise_compiler_error(
            'Var ' ~ name ~ " must be a share from 0 to 1, not '" ~ var(name) ~ "'."
        ) %}
    {% endfor %}
    {% set divisor_vars = [
        'recommendation_horizon_days', 'recommendation_half_life_days',
        'recommendation_recency_half_life_days', 'reorder_half_life_days',
    ] %}
    {% for name in divisor_vars if var(name) == 0 %}
        {% do exceptions.raise_compiler_error('Var ' ~ name ~ ' must be more than 0 days.') %}
    {% endfor %}
    {% set bounds = {
        'churn_horizon_days': [1, 365], 'value_horizon_days': [1, 365], 'churn_lapsed_days': [1, 36500],
        'churn_snapshot_days': [1, 365], 'churn_half_life_days': [1, 3650],
        'churn_band_high': [0, 1], 'churn_band_medium': [0, var('churn_band_high')],
        'value_interval': [0.01, 0.99], 'whale_share': [0, 1],
        'churn_window_days': [1, 36500], 'peer_window_days': [1, 36500],
        'spend_outcome_days': [1, 36500], 'backtest_resamples': [1, 100000],
        'churn_max_training_rows': [1000, 100000000], 'bgnbd_max_customers': [1000, 100000000],
    } %}
    {% for name, bound in bounds.items() if var(name) < bound[0] or var(name) > bound[1] %}
        {% do exceptions.raise_compiler_error(
            'Var ' ~ name ~ ' must be between ' ~ bound[0] ~ ' and ' ~ bound[1] ~ ', not ' ~ var(name) ~ '.'
        ) %}
    {% endfor %}
    {% for name in numeric_vars if name.endswith('_days') and var(name) is not integer
        and (name in bounds or 'half_life' not in name) %}
        {% do exceptions.raise_compiler_error(
            'Var ' ~ name ~ ' must be a whole number of days, not ' ~ var(name) ~ '.'
        ) %}
    {% endfor %}
    {% for name in ['as_of_date', 'build_date', 'earliest_plausible_date'] if var(name, none) %}
        {% if not modules.re.match(var('date_pattern'), var(name) | string) or var(name) | string | length > 10 %}
            {% do exceptions.raise_compiler_error(
                'Var ' ~ name ~ " must be a day as YYYY-MM-DD, not '" ~ var(name) ~ "'."
            ) %}
        {% endif %}
    {% endfor %}
    {% for connector in var('id_prefix') if connector not in connector_entities() %}
        {% do exceptions.raise_compiler_error(
            "Var id_prefix names '" ~ connector ~ "', which is no connector of this project; choose from "
            ~ connector_entities() | join(', ') ~ '.'
        ) %}
    {% endfor %}
    {% if var('rfm_monetary') not in ['net', 'sales'] %}
        {% do exceptions.raise_compiler_error(
            "Var rfm_monetary must be net or sales, not '" ~ var('rfm_monetary') ~ "'."
        ) %}
    {% endif %}
    {% for name in ['page_role', 'analyst_role'] if var(name) is not none %}
        {% if not modules.re.match('^(?!pg_|public$|none$)[a-z_][a-z0-9_]{0,62}$', var(name) | string) %}
            {% do exceptions.raise_compiler_error(
                'Var ' ~ name ~ " must be the name of a role, in lower-case letters, digits and _, not '"
                ~ var(name) ~ "'."
            ) %}
        {% endif %}
    {% endfor %}
    {% if var('analyst_role') is not none and var('analyst_role') == var('page_role') %}
        {% do exceptions.raise_compiler_error(
            'Vars page_role and analyst_role are both ' ~ var('page_role') ~ ', but analysts see all rows: name two.'
        ) %}
    {% endif %}
    {% if var('analyst_role') is not none and var('page_role') is none %}
        {% do exceptions.raise_compiler_error(
            'Var analyst_role is set and page_role is not: set both, or page_role alone.'
        ) %}
    {% endif %}

    {% set contract, vital = {}, {} %}
    {% for raw in graph.sources.values() if raw.source_name == 'dw' %}
        {% do contract.update({raw.name: raw.columns | list + ['table']}) %}
        {% do vital.update({raw.name: raw.columns.values() | selectattr('meta.is_vital', 'defined')
            | map(attribute='name') | list}) %}
    {% endfor %}
    {% if var('dw_columns') and var('use_demo_data') %}
        {% do exceptions.raise_compiler_error(
            'Var dw_columns maps the tables of a company, but use_demo_data is true: set use_demo_data: false.'
        ) %}
    {% endif %}
    {% for table, mapping in var('dw_columns').items() %}
        {% if table not in contract %}
            {% do exceptions.raise_compiler_error(
                "Var dw_columns maps a table '" ~ table ~ "', which the contract lacks; its tables are "
                ~ contract | sort | join(', ') ~ '.'
            ) %}
        {% endif %}
        {% for column, physical_name in mapping.items() if physical_name is none %}
            {% if column == 'table' or column in vital[table] %}
                {% do exceptions.raise_compiler_error(
                    'Var dw_columns maps ' ~ table ~ '.' ~ column
                    ~ ' to null, but without it every row would be rejected: name the column that has it.'
                ) %}
            {% endif %}
        {% endfor %}
        {% for column in mapping if column not in contract[table] %}
            {% do exceptions.raise_compiler_error(
                "Var dw_columns maps a column '" ~ table ~ '.' ~ column ~ "', which the contract lacks; its columns are "
                ~ contract[table] | join(', ') ~ '.'
            ) %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
