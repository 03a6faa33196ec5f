{# Grain: one row per known customer and month with a sale or a return. cohort_retention adds it up
   for all customers; whoever sees only some of them can add up theirs. #}
{{ config(**indexed(['customer_id', 'cohort_month'])) }}
with

customers as (

    select
        customer_id,
        {{ month_start('first_sale_date') }} as cohort_month
    from {{ ref('customer_activity') }}

),

monthly_invoices as (

    select
        customer_id,
        invoice_month,
        count(case when sale_line_count > 0 then 1 end) as order_count,
        sum(net_amount) as spend,
        sum(margin_amount) as margin_amount
    from {{ ref('fct_invoice') }}
    where
        invoice_type <> 'adjustment'
        and line_count > 0
        and invoice_date <= {{ as_of_date() }}
    group by customer_id, invoice_month

)

select
    monthly_invoices.customer_id,
    monthly_invoices.invoice_month as period_month,
    customers.cohort_month,
    monthly_invoices.order_count > 0 as is_active,
    cast(monthly_invoices.order_count as bigint) as order_count,
    {{ as_money('monthly_invoices.spend') }} as spend,
    {{ as_money('monthly_invoices.margin_amount') }} as margin_amount,
    {{ as_of_date() }} as as_of_date
from monthly_invoices
inner join customers
    on monthly_invoices.customer_id = customers.customer_id
