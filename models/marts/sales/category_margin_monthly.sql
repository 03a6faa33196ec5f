{# Grain: one row per month and category with an accepted line. Margin is of the lines whose
   cost is known. #}
{{ config(**indexed(['category_id', 'month_start'])) }}
with

months as (

    select
        invoice_month as month_start,
        category_id,
        sum(net_amount) as revenue,
        sum(costed_amount) as costed_revenue,
        sum(cost_amount) as cost_amount,
        sum(margin_amount) as margin_amount
    from {{ ref('invoice_category') }}
    group by invoice_month, category_id

)

select
    month_start,
    category_id,
    {{ as_money('revenue') }} as revenue,
    {{ as_money('costed_revenue') }} as costed_revenue,
    {{ as_money('cost_amount') }} as cost_amount,
    {{ as_money('margin_amount') }} as margin_amount,
    {{ as_bounded_ratio(divide('margin_amount', 'costed_revenue')) }} as margin_ratio,
    {{ month_end('month_start') }} <= {{ as_of_date() }} as is_complete,
    {{ as_of_date() }} as as_of_date
from months
