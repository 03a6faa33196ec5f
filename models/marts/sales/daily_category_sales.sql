{# Grain: one row per day, location and category with an accepted line. #}
{{ config(**indexed(['date_day', 'category_id'])) }}
select
    invoice_date as date_day,
    location_id,
    category_id,
    {{ as_money('sum(net_amount)') }} as revenue,
    {{ as_money('coalesce(sum(quantity), 0)') }} as quantity,
    count(case when sale_line_count > 0 then 1 end) as order_count,
    {{ as_of_date() }} as as_of_date
from {{ ref('invoice_category') }}
group by invoice_date, location_id, category_id
