{# Grain: one row per known customer and category with spend in the previous window. #}
{{ config(**indexed(['customer_id', 'category_id'])) }}
{%- set window_days = var('churn_window_days') | int -%}
with

ranked_spend as (

    select
        *,
        row_number() over (order by prev_spend, customer_id, category_id) as spend_rank,
        count(*) over () as row_count
    from {{ ref('customer_category_activity') }}
    where prev_spend > 0

),

-- What matters in money follows from what customers usually spend in a category in a window.
compared_spend as (

    select
        *,
        max(case when 2 * spend_rank in (row_count, row_count + 1) then prev_spend end) over ()
            as median_prev_spend,
        {{ as_money('greatest(prev_spend - recent_spend, 0)') }} as value_at_risk
    from ranked_spend

),

judged as (

    select
        spend.*,
        categories.category_name,
        tests.recent_purchases,
        tests.expected_purchases,
        coalesce(tests.is_season_known, false) as is_season_known,
        coalesce(tests.is_tested, false) as is_tested,
        tests.rate_p_value,
        coalesce(tests.rate_q_value <= {{ exact_decimal(var('churn_max_p_value')) }}, false)
            as is_below_rate,
        spend.value_at_risk > 0
        and spend.value_at_risk
        >= {{ exact_decimal(var('churn_min_value_ratio')) }} * spend.median_prev_spend
            as is_material
    from compared_spend as spend
    inner join {{ ref('dim_category') }} as categories
        on spend.category_id = categories.category_id
    left join {{ ref('churn_rate_test') }} as tests
        on
            spend.customer_id = tests.customer_id
            and spend.category_id = tests.category_id

)

select
    customer_id,
    category_id,
    recent_spend,
    prev_spend,
    {{ as_bounded_ratio(divide('recent_spend', 'prev_spend')) }} as spend_ratio,
    {{ as_ratio('least(greatest(1 - ' ~ divide('recent_spend', 'prev_spend') ~ ', 0), 1)') }}
        as drop_pct,
    case
        when recent_spend < {{ exact_decimal(var('churn_drop_threshold')) }} * prev_spend then 1
        else 0
    end as churn_flag,
    cast(recent_invoices as bigint) as recent_invoices,
    cast(prev_invoices as bigint) as prev_invoices,
    recent_purchases,
    expected_purchases,
    is_season_known,
    rate_p_value,
    is_below_rate and is_material as is_at_risk,
    value_at_risk,
    case
        when not is_tested
            then 'Too few purchases of ' || category_name || ' to tell chance from change.'
        when not is_below_rate
            then 'Purchases of ' || category_name || ' are within chance of the usual number.'
        when not is_material
            then 'Buys ' || category_name || ' less often, but little money is at risk.'
        else
            'Usual purchases of ' || category_name || ' in the last {{ window_days }} days: '
            || cast(recent_purchases as {{ type_text() }}) || ', where '
            || cast(cast(expected_purchases as decimal(12, 1)) as {{ type_text() }})
            || ' are to be expected'
            || case when is_season_known then ' at this time of year' else '' end
            || '; spent ' || cast(cast(value_at_risk as decimal(18, 2)) as {{ type_text() }})
            || ' less than in the {{ window_days }} days before.'
    end as reason,
    is_tested as is_scored,
    case
        when not is_tested
            then
                'Too few earlier purchases of ' || category_name || ' to expect '
                || '{{ var("churn_min_expected_purchases") }} in {{ window_days }} days.'
    end as not_scored_reason,
    cast({{ window_days }} as int) as window_days,
    as_of_date
from judged
