{# Grain: one row per day, location and channel with an accepted line. #}
{{ config(**indexed(['date_day'])) }}
select
    invoice_date as date_day,
    location_id,
    channel_id,
    {{ as_money('sum(net_amount)') }} as revenue,
    count(case when sale_line_count > 0 then 1 end) as order_count,
    count(distinct case when sale_line_count > 0 then nullif(customer_id, '__unknown__') end)
        as customer_count,
    {{ as_money('sum(quantity)') }} as quantity,
    {{ as_money('sum(costed_amount)') }} as costed_revenue,
    {{ as_money('sum(margin_amount)') }} as margin_amount,
    invoice_date <= {{ as_of_date() }} as is_complete,
    {{ as_of_date() }} as as_of_date
from {{ ref('fct_invoice') }}
where line_count > 0 and invoice_date <= {{ as_of_date() }}
group by invoice_date, location_id, channel_id
