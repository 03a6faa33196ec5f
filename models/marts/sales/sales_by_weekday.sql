{# Grain: one row per ISO day of the week with an accepted line. #}
with

invoices as (

    select
        {{ day_of_week('invoice_date') }} as day_of_week,
        sale_line_count,
        nullif(customer_id, '__unknown__') as known_customer_id,
        invoice_date,
        quantity,
        net_amount
    from {{ ref('fct_invoice') }}
    where line_count > 0 and invoice_date <= {{ as_of_date() }}

)

select
    day_of_week,
    {{ as_money('sum(net_amount)') }} as revenue,
    {{ as_money('sum(quantity)') }} as quantity,
    count(case when sale_line_count > 0 then 1 end) as order_count,
    count(distinct case when sale_line_count > 0 then known_customer_id end) as customer_count,
    count(distinct case when sale_line_count > 0 then invoice_date end) as trading_day_count,
    {{ as_of_date() }} as as_of_date
from invoices
group by day_of_week
