{# Grain: one row per known customer and kind of action: the most valuable one of its kind,
   ranked for the customer's rep. Money is what is at stake within churn_horizon_days; how much
   of it a talk brings is not known before actions are logged, and is_holdout keeps customers to
   measure that by. #}
{{ config(**indexed(['customer_id', 'sales_rep_id', 'item_id', 'category_id'])) }}
{%- set peer_days = var('peer_window_days') | int -%}
{%- set share_above = '(1 - ' ~ exact_decimal(var('peer_quantile')) ~ ')' -%}
with

category_margins as (

    select
        category_id,
        {{ as_bounded_ratio(divide('sum(margin_amount)', 'sum(costed_revenue)')) }} as margin_ratio
    from {{ ref('category_margin_monthly') }}
    group by category_id

),

candidates as (

    select
        customer_id,
        'cross_sell' as action_type,
        item_id,
        cast(null as {{ type_text() }}) as category_id,
        purchase_probability as probability,
        expected_revenue,
        {{ var('recommendation_horizon_days') | int }} as revenue_days,
        suggested_quantity,
        reason
    from {{ ref('item_recommendation') }}
    union all
    select
        customer_id,
        'reorder' as action_type,
        item_id,
        cast(null as {{ type_text() }}) as category_id,
        purchase_probability as probability,
        expected_revenue,
        {{ var('recommendation_horizon_days') | int }} as revenue_days,
        suggested_quantity,
        reason
    from {{ ref('item_reorder_due') }}
    -- What is due only after the action expires is for a later list.
    where
        due_date is null
        or due_date <= {{ add_days(as_of_date(), var('action_valid_days') | int) }}
    union all
    select
        customer_id,
        'win_back' as action_type,
        cast(null as {{ type_text() }}) as item_id,
        category_id,
        {{ as_ratio('1 - rate_p_value') }} as probability,
        {{ as_money('value_at_risk * (1 - rate_p_value)') }} as expected_revenue,
        {{ var('churn_window_days') | int }} as revenue_days,
        cast(null as {{ type_money() }}) as suggested_quantity,
        reason
    from {{ ref('churn_risk') }}
    where is_at_risk
    union all
    select
        churn.customer_id,
        'win_back' as action_type,
        cast(null as {{ type_text() }}) as item_id,
        cast(null as {{ type_text() }}) as category_id,
        churn.churn_probability as probability,
        {{ as_money('snapshots.year_spend * churn.churn_probability') }} as expected_revenue,
        365 as revenue_days,
        cast(null as {{ type_money() }}) as suggested_quantity,
        churn.reason_1 as reason
    from {{ ref('customer_churn') }} as churn
    inner join {{ ref('customer_snapshot') }} as snapshots
        on churn.customer_id = snapshots.customer_id and snapshots.snapshot_kind = 'score'
    -- Who orders once a year is not being lost a month after.
    where
        churn.churn_band = 'high'
        and churn.recency_days
        > coalesce(churn.mean_gap_days, {{ var('churn_horizon_days') | int }})
    union all
    select
        penetration.customer_id,
        'missing_category' as action_type,
        cast(null as {{ type_text() }}) as item_id,
        penetration.category_id,
        penetration.adoption_probability as probability,
        penetration.adoption_spend as expected_revenue,
        {{ var('recommendation_horizon_days') | int }} as revenue_days,
        cast(null as {{ type_money() }}) as suggested_quantity,
        categories.category_name || ': bought by '
        || cast({{ whole_number('100 * penetration.peer_penetration_ratio') }} as {{ type_text() }})
        || ' of 100 customers like this one, and not yet by this one.' as reason
    from {{ ref('category_penetration') }} as penetration
    inner join {{ ref('dim_category') }} as categories
        on penetration.category_id = categories.category_id
    where penetration.penetration_status = 'never' and penetration.peer_penetration_ratio > 0
    union all
    select
        customer_id,
        'wallet_gap' as action_type,
        cast(null as {{ type_text() }}) as item_id,
        cast(null as {{ type_text() }}) as category_id,
        {{ as_ratio(share_above) }} as probability,
        {{ as_money('peer_gap * ' ~ share_above) }} as expected_revenue,
        {{ peer_days }} as revenue_days,
        cast(null as {{ type_money() }}) as suggested_quantity,
        cast({{ whole_number('100 * ' ~ share_above) }} as {{ type_text() }}) || ' in 100 of '
        || cast(peer_customer_count as {{ type_text() }}) || ' customers like this one spend '
        || cast({{ whole_number('peer_gap') }} as {{ type_text() }})
        || ' more in {{ peer_days }} days.'
            as reason
    from {{ ref('share_of_wallet') }}
    where peer_gap > 0

),

-- Money of one horizon, in margin where that is known of the item, the category or the customer.
costed as (

    select
        candidates.customer_id,
        candidates.action_type,
        candidates.item_id,
        candidates.category_id,
        candidates.probability,
        candidates.suggested_quantity,
        candidates.reason,
        {{ computed_money(
            'candidates.expected_revenue * ' ~ (var('churn_horizon_days') | int)
            ~ ' / candidates.revenue_days'
        ) }} as expected_revenue,
        coalesce(customers.sales_rep_id, '__unknown__') as sales_rep_id,
        coalesce(items.margin_ratio, category_margins.margin_ratio, customers.margin_ratio)
            as margin_ratio
    from candidates
    inner join {{ ref('customer_360') }} as customers
        on candidates.customer_id = customers.customer_id
    left join {{ ref('product_performance') }} as items
        on candidates.item_id = items.item_id
    left join category_margins
        on candidates.category_id = category_margins.category_id
    where candidates.probability > 0 and candidates.expected_revenue > 0

),

valued as (

    select
        *,
        {{ as_money('expected_revenue * coalesce(margin_ratio, 1)') }} as expected_value
    from costed

),

best_of_kind as (

    select
        *,
        row_number() over (
            partition by customer_id, action_type
            order by
                expected_value desc,
                probability desc,
                item_id nulls last,
                category_id nulls last
        ) as place_in_kind
    from valued
    where expected_value > 0

),

best_of_customer as (

    select
        *,
        row_number() over (
            partition by customer_id order by expected_value desc, probability desc, action_type
        ) as place_in_customer
    from best_of_kind
    where place_in_kind = 1

),

best_of_rep as (

    select
        *,
        row_number() over (
            partition by sales_rep_id, action_type
            order by expected_value desc, probability desc, customer_id
        ) as place_for_rep_in_kind
    from best_of_customer
    where place_in_customer <= {{ var('actions_per_customer') | int }}

),

-- Kinds share a rep's list, lest the one with the largest sums fill it.
ranked as (

    select
        *,
        row_number() over (
            partition by sales_rep_id
            order by expected_value desc, probability desc, customer_id, action_type
        ) as rank_for_rep
    from best_of_rep
    where
        {{ var('actions_per_kind') | int }} = 0
        or place_for_rep_in_kind <= {{ var('actions_per_kind') | int }}

)

select
    customer_id,
    sales_rep_id,
    md5(
        customer_id || ' ' || action_type || ' ' || coalesce(item_id, '')
        || ' ' || coalesce(category_id, '')
    ) as action_id,
    action_type,
    item_id,
    category_id,
    expected_value,
    expected_revenue,
    {{ as_ratio('margin_ratio') }} as margin_ratio,
    {{ as_ratio('probability') }} as probability,
    suggested_quantity,
    reason,
    {{ add_days(as_of_date(), var('action_valid_days')) }} as expires_on,
    cast(rank_for_rep as bigint) as rank_for_rep,
    {{ hash_number("'holdout ' || customer_id") }} / 4294967296.0
    < {{ exact_decimal(var('action_holdout_ratio')) }} as is_holdout,
    {{ as_of_date() }} as as_of_date
from ranked
where
    {{ var('actions_per_rep') | int }} = 0
    or rank_for_rep <= {{ var('actions_per_rep') | int }}
