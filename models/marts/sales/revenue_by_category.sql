{# Grain: one row per month and category with an accepted line. #}
{{ config(**indexed(['category_id', 'month_start'])) }}
with

lines as (

    select
        {{ month_start('invoice_date') }} as month_start,
        category_id,
        line_type,
        invoice_key,
        nullif(customer_id, '__unknown__') as known_customer_id,
        quantity,
        net_amount
    from {{ ref('fct_invoice_line') }}
    where invoice_date <= {{ as_of_date() }}

)

select
    month_start,
    category_id,
    {{ as_money('sum(net_amount)') }} as revenue,
    {{ as_money("coalesce(sum(case when line_type in ('sale', 'return') then quantity end), 0)") }}
        as quantity,
    count(distinct case when line_type = 'sale' then invoice_key end) as order_count,
    count(distinct case when line_type = 'sale' then known_customer_id end) as customer_count,
    {{ month_end('month_start') }} <= {{ as_of_date() }} as is_complete,
    {{ as_of_date() }} as as_of_date
from lines
group by month_start, category_id
