{# Grain: one row per day and item with an accepted line. #}
{{ config(**indexed(['date_day', 'item_id'])) }}
select
    invoice_date as date_day,
    item_id,
    {{ as_money('sum(net_amount)') }} as revenue,
    {{ as_money("coalesce(sum(case when line_type in ('sale', 'return') then quantity end), 0)") }}
        as quantity,
    count(distinct case when line_type = 'sale' then invoice_key end) as order_count,
    {{ as_of_date() }} as as_of_date
from {{ ref('fct_invoice_line') }}
where invoice_date <= {{ as_of_date() }}
group by invoice_date, item_id
