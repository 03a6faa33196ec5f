{# Grain: one row per month and channel with an accepted line. #}
{{ config(**indexed(['month_start'])) }}
with

invoices as (

    select
        invoice_month as month_start,
        channel_id,
        sale_line_count,
        nullif(customer_id, '__unknown__') as known_customer_id,
        net_amount,
        margin_amount
    from {{ ref('fct_invoice') }}
    where line_count > 0 and invoice_date <= {{ as_of_date() }}

)

select
    month_start,
    channel_id,
    {{ as_money('sum(net_amount)') }} as revenue,
    count(case when sale_line_count > 0 then 1 end) as order_count,
    count(distinct case when sale_line_count > 0 then known_customer_id end) as customer_count,
    {{ as_money('sum(margin_amount)') }} as margin_amount,
    {{ month_end('month_start') }} <= {{ as_of_date() }} as is_complete,
    {{ as_of_date() }} as as_of_date
from invoices
group by month_start, channel_id
