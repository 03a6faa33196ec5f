{# Grain: one row per day, location and hour of the day with an accepted line; hour_of_day is null
   for invoices whose time is unknown. #}
{{ config(**indexed(['date_day'])) }}
with

invoices as (

    select
        invoice_date as date_day,
        location_id,
        {{ hour_of_day('invoice_at') }} as hour_of_day,
        sale_line_count,
        quantity,
        net_amount
    from {{ ref('fct_invoice') }}
    where line_count > 0 and invoice_date <= {{ as_of_date() }}

)

select
    date_day,
    location_id,
    hour_of_day,
    {{ as_money('sum(net_amount)') }} as revenue,
    {{ as_money('sum(quantity)') }} as quantity,
    count(case when sale_line_count > 0 then 1 end) as order_count,
    {{ as_of_date() }} as as_of_date
from invoices
group by date_day, location_id, hour_of_day
