{# Grain: one row per day with an order of a known customer and day of the customer's previous order
   (null: none). The customers of a period are the sum over its days of the rows whose previous order
   lies before the period. #}
{{ config(**indexed(['date_day'])) }}
with

order_days as (

    select
        customer_id,
        invoice_date
    from {{ ref('fct_invoice') }}
    where
        sale_line_count > 0
        and customer_id <> '__unknown__'
        and invoice_date <= {{ as_of_date() }}
    group by customer_id, invoice_date

),

in_order as (

    select
        invoice_date,
        lag(invoice_date) over (
            partition by customer_id order by invoice_date
        ) as previous_order_date
    from order_days

)

select
    invoice_date as date_day,
    previous_order_date,
    cast(count(*) as bigint) as customer_count,
    {{ as_of_date() }} as as_of_date
from in_order
group by invoice_date, previous_order_date
