{# Grain: one row per known customer; one without invoices has spent nothing. #}
{{ config(**indexed(['customer_id'])) }}
with

spend as (

    select
        customer_id,
        net_spend as actual_spend,
        line_count,
        as_of_date
    from {{ ref('customer_activity') }}

),

mean_spend as (

    select {{ divide_money('sum(actual_spend)', 'count(*)') }} as avg_spend
    from spend
    where line_count > 0

)

select
    spend.customer_id,
    spend.actual_spend,
    coalesce(mean_spend.avg_spend, {{ as_money('0') }}) as avg_spend,
    {{ as_money('greatest(coalesce(mean_spend.avg_spend, 0) - spend.actual_spend, 0)') }}
        as opportunity_gap,
    spend.as_of_date
from spend
cross join mean_spend
