{# Grain: one row per day, location and channel with an accepted line. #}
select
    invoice_date as date_day,
    location_id,
    channel_id,
    {{ as_money('sum(net_amount)') }} as revenue,
    count(distinct case when line_type = 'sale' then invoice_id end) as order_count,
    count(distinct case when line_type = 'sale' then nullif(customer_id, '__unknown__') end)
        as customer_count,
    {{ as_money("coalesce(sum(case when line_type in ('sale', 'return') then quantity end), 0)") }}
        as quantity,
    {{ as_money('sum(margin_amount)') }} as margin_amount,
    invoice_date <= {{ as_of_date() }} as is_complete,
    {{ as_of_date() }} as as_of_date
from {{ ref('fct_invoice_line') }}
where invoice_date <= {{ as_of_date() }}
group by invoice_date, location_id, channel_id
