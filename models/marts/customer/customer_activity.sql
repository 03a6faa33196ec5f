{# Grain: one row per known customer, with what the invoices up to as_of_date say of them. The
   customer marts read it, so that spend, frequency and profit are defined once. #}
{{ config(**indexed(['customer_id'])) }}
{%- set monetary_columns = {
    'net': 'customer_invoices.net_spend',
    'sales': 'customer_invoices.sale_amount',
} -%}
with

customer_invoices as (

    select
        customer_id,
        sum(line_count) as line_count,
        min(case when sale_line_count > 0 then invoice_date end) as first_sale_date,
        max(case when sale_line_count > 0 then invoice_date end) as last_sale_date,
        count(case when sale_line_count > 0 then 1 end) as sale_invoice_count,
        sum(net_amount) as revenue,
        sum(case when invoice_type <> 'adjustment' then net_amount end) as net_spend,
        sum(sale_amount) as sale_amount,
        sum(margin_amount) as profit,
        sum(costed_amount) as costed_revenue
    from {{ ref('fct_invoice') }}
    where invoice_date <= {{ as_of_date() }}
    group by customer_id

)

select
    customers.customer_id,
    cast(coalesce(customer_invoices.line_count, 0) as bigint) as line_count,
    customer_invoices.first_sale_date,
    customer_invoices.last_sale_date,
    cast(coalesce(customer_invoices.sale_invoice_count, 0) as bigint) as sale_invoice_count,
    {{ as_money('coalesce(customer_invoices.revenue, 0)') }} as revenue,
    {{ as_money('coalesce(customer_invoices.net_spend, 0)') }} as net_spend,
    {{ as_money('coalesce(' ~ monetary_columns[var('rfm_monetary')] ~ ', 0)') }} as monetary,
    {{ as_money('customer_invoices.profit') }} as profit,
    {{ as_money('customer_invoices.costed_revenue') }} as costed_revenue,
    {{ as_of_date() }} as as_of_date
from {{ ref('dim_customer') }} as customers
left join customer_invoices
    on customers.customer_id = customer_invoices.customer_id
where customers.is_known
