{# Grain: one row per score, method, metric and customer: what the customer adds to the numerator
   and to the denominator of a metric that is a ratio of two sums. No rows unless the outcome is
   known. #}
with

churn_errors as (

    select
        as_of_date,
        method_name,
        customer_id,
        power({{ as_double('predicted') }} - is_churned, 2) as squared_error
    from {{ ref('churn_outcome') }}
    where method_name in ('customer_churn', 'bgnbd_alone', 'global_mean')

),

ranked_values as (

    select
        *,
        row_number() over (partition by method_name order by predicted_value desc, customer_id)
            as predicted_rank,
        row_number() over (partition by method_name order by actual_value desc, customer_id)
            as actual_rank,
        count(*) over (partition by method_name) as customer_count
    from {{ ref('value_outcome') }}

),

new_items as (

    select *
    from {{ ref('item_recommendation_outcome') }}
    where slot_count > 0

),

reorders as (

    select
        *,
        cast(horizon_days as {{ type_text() }}) as horizon
    from {{ ref('item_reorder_outcome') }}
    where slot_count > 0

),

category_flags as (

    select
        as_of_date,
        case when method_name = 'is_at_risk' then 'churn_risk' else method_name end as method_name,
        customer_id,
        count(case when is_flagged then 1 end) as flagged_count,
        count(case when not has_bought_after then 1 end) as lost_count,
        count(case when is_flagged and not has_bought_after then 1 end) as flagged_and_lost_count
    from {{ ref('category_churn_outcome') }}
    group by as_of_date, method_name, customer_id

),

measures as (

    select
        as_of_date,
        'customer_churn' as score_name,
        method_name,
        'brier_score' as metric,
        customer_id,
        squared_error as numerator,
        1 as denominator
    from churn_errors
    union all
    select
        as_of_date,
        'customer_lifetime_value' as score_name,
        method_name,
        'mean_absolute_error' as metric,
        customer_id,
        abs(predicted_value - actual_value) as numerator,
        1 as denominator
    from ranked_values
    union all
    select
        as_of_date,
        'customer_lifetime_value' as score_name,
        method_name,
        'top_decile_capture' as metric,
        customer_id,
        case when predicted_rank * 10 <= customer_count then actual_value else 0 end as numerator,
        case when actual_rank * 10 <= customer_count then actual_value else 0 end as denominator
    from ranked_values
    union all
    select
        as_of_date,
        'customer_lifetime_value' as score_name,
        method_name,
        'interval_coverage' as metric,
        customer_id,
        case when is_in_range then 1 else 0 end as numerator,
        1 as denominator
    from ranked_values
    where is_in_range is not null
    union all
    select
        as_of_date,
        'item_recommendation' as score_name,
        method_name,
        'hits_per_slot' as metric,
        customer_id,
        hit_count as numerator,
        slot_count as denominator
    from new_items
    where bought_count > 0
    union all
    select
        as_of_date,
        'item_recommendation' as score_name,
        method_name,
        'hits_per_slot_all_customers' as metric,
        customer_id,
        hit_count as numerator,
        slot_count as denominator
    from new_items
    union all
    select
        as_of_date,
        'item_recommendation' as score_name,
        method_name,
        'precision_at_5' as metric,
        customer_id,
        hit_count_at_5 as numerator,
        5 as denominator
    from new_items
    where bought_count > 0
    union all
    select
        as_of_date,
        'item_recommendation' as score_name,
        method_name,
        'recall_at_10' as metric,
        customer_id,
        {{ divide('hit_count', 'bought_count') }} as numerator,
        1 as denominator
    from new_items
    where bought_count > 0
    union all
    select
        as_of_date,
        'item_reorder_due' as score_name,
        method_name,
        'hits_per_slot_' || horizon || '_days' as metric,
        customer_id,
        hit_count as numerator,
        slot_count as denominator
    from reorders
    where method_name <> 'due_date' and bought_count > 0
    union all
    select
        as_of_date,
        'item_reorder_due' as score_name,
        method_name,
        'hits_per_slot_' || horizon || '_days_all_customers' as metric,
        customer_id,
        hit_count as numerator,
        slot_count as denominator
    from reorders
    where method_name <> 'due_date'
    union all
    select
        as_of_date,
        'item_reorder_due' as score_name,
        'item_reorder_due' as method_name,
        'due_date_precision_' || horizon || '_days' as metric,
        customer_id,
        hit_count as numerator,
        slot_count as denominator
    from reorders
    where method_name = 'due_date'
    union all
    select
        as_of_date,
        'churn_risk' as score_name,
        method_name,
        'precision' as metric,
        customer_id,
        flagged_and_lost_count as numerator,
        flagged_count as denominator
    from category_flags
    where flagged_count > 0
    union all
    select
        as_of_date,
        'churn_risk' as score_name,
        method_name,
        'recall' as metric,
        customer_id,
        flagged_and_lost_count as numerator,
        lost_count as denominator
    from category_flags
    where lost_count > 0

)

select
    as_of_date,
    score_name,
    method_name,
    metric,
    customer_id,
    {{ as_ratio('numerator') }} as numerator,
    {{ as_ratio('denominator') }} as denominator
from measures
