{# Grain: one row per known customer and day with a sale or a return. A day with orders is an order
   day, whatever came back on it; spend has the returns of every day. #}
{{ config(**indexed(['customer_id'])) }}
with

known_customers as (

    select
        customer_id,
        {{ hash_number('customer_id') }} as customer_hash
    from {{ ref('dim_customer') }}
    where is_known

),

daily_invoices as (

    select
        customer_id,
        invoice_date,
        count(case when sale_line_count > 0 then 1 end) as order_count,
        sum(net_amount) as spend
    from {{ ref('fct_invoice') }}
    where
        invoice_type <> 'adjustment'
        and line_count > 0
        and invoice_date <= {{ as_of_date() }}
    group by customer_id, invoice_date

)

select
    daily_invoices.customer_id,
    daily_invoices.invoice_date,
    cast(daily_invoices.order_count as bigint) as order_count,
    {{ as_money('daily_invoices.spend') }} as spend,
    known_customers.customer_hash,
    {{ as_of_date() }} as as_of_date
from daily_invoices
inner join known_customers
    on daily_invoices.customer_id = known_customers.customer_id
