{# Grain: one row per ISO day of the week with an accepted line. #}
with

lines as (

    select
        {{ day_of_week('invoice_date') }} as day_of_week,
        line_type,
        invoice_id,
        nullif(customer_id, '__unknown__') as known_customer_id,
        invoice_date,
        quantity,
        net_amount
    from {{ ref('fct_invoice_line') }}
    where invoice_date <= {{ as_of_date() }}

)

select
    day_of_week,
    {{ as_money('sum(net_amount)') }} as revenue,
    {{ as_money("coalesce(sum(case when line_type in ('sale', 'return') then quantity end), 0)") }}
        as quantity,
    count(distinct case when line_type = 'sale' then invoice_id end) as order_count,
    count(distinct case when line_type = 'sale' then known_customer_id end) as customer_count,
    count(distinct case when line_type = 'sale' then invoice_date end) as trading_day_count,
    {{ as_of_date() }} as as_of_date
from lines
group by day_of_week
