{# Grain: one row per known customer, with what the invoices up to as_of_date say of them. The
   customer marts read it, so that spend, frequency and profit are defined once. #}
{%- set monetary_columns = {
    'net': 'customer_lines.net_spend',
    'sales': 'customer_lines.sale_amount',
} -%}
with

lines as (

    select
        customer_id,
        invoice_id,
        invoice_date,
        line_type,
        net_amount,
        margin_amount
    from {{ ref('fct_invoice_line') }}
    where invoice_date <= {{ as_of_date() }}

),

customer_lines as (

    select
        customer_id,
        count(*) as line_count,
        min(case when line_type = 'sale' then invoice_date end) as first_sale_date,
        max(case when line_type = 'sale' then invoice_date end) as last_sale_date,
        count(distinct case when line_type = 'sale' then invoice_id end) as sale_invoice_count,
        sum(net_amount) as revenue,
        sum(case when line_type in ('sale', 'return') then net_amount end) as net_spend,
        sum(case when line_type = 'sale' then net_amount end) as sale_amount,
        sum(margin_amount) as profit,
        sum(case when margin_amount is not null then net_amount end) as costed_revenue
    from lines
    group by customer_id

)

select
    customers.customer_id,
    cast(coalesce(customer_lines.line_count, 0) as bigint) as line_count,
    customer_lines.first_sale_date,
    customer_lines.last_sale_date,
    cast(coalesce(customer_lines.sale_invoice_count, 0) as bigint) as sale_invoice_count,
    {{ as_money('coalesce(customer_lines.revenue, 0)') }} as revenue,
    {{ as_money('coalesce(customer_lines.net_spend, 0)') }} as net_spend,
    {{ as_money('coalesce(' ~ monetary_columns[var('rfm_monetary')] ~ ', 0)') }} as monetary,
    {{ as_money('customer_lines.profit') }} as profit,
    {{ as_money('customer_lines.costed_revenue') }} as costed_revenue,
    {{ as_of_date() }} as as_of_date
from {{ ref('dim_customer') }} as customers
left join customer_lines
    on customers.customer_id = customer_lines.customer_id
where customers.is_known
