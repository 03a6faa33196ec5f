{# Grain: one row per known customer and category in which the customer has a sale or a return.
   Penetration and churn by category both read it, so that spend in a category is defined once. #}
with

lines as (

    select
        customer_id,
        category_id,
        invoice_key,
        invoice_date,
        line_type,
        net_amount,
        invoice_date > {{ add_days(as_of_date(), -var('churn_window_days')) }} as is_recent,
        invoice_date > {{ add_days(as_of_date(), -2 * var('churn_window_days')) }}
        and invoice_date <= {{ add_days(as_of_date(), -var('churn_window_days')) }} as is_previous
    from {{ ref('fct_invoice_line') }}
    where
        line_type in ('sale', 'return')
        and is_product
        and category_id <> '__uncategorised__'
        and invoice_date <= {{ as_of_date() }}

)

select
    lines.customer_id,
    lines.category_id,
    {{ as_money('sum(lines.net_amount)') }} as total_spend,
    max(case when lines.line_type = 'sale' then lines.invoice_date end) as last_sale_date,
    {{ as_money('coalesce(sum(case when lines.is_recent then lines.net_amount end), 0)') }}
        as recent_spend,
    {{ as_money('coalesce(sum(case when lines.is_previous then lines.net_amount end), 0)') }}
        as prev_spend,
    count(
        distinct case
            when lines.is_recent and lines.line_type = 'sale' then lines.invoice_key
        end
    )
        as recent_invoices,
    count(
        distinct case
            when lines.is_previous and lines.line_type = 'sale' then lines.invoice_key
        end
    )
        as prev_invoices,
    {{ as_of_date() }} as as_of_date
from lines
inner join {{ ref('dim_customer') }} as customers
    on lines.customer_id = customers.customer_id
where customers.is_known
group by lines.customer_id, lines.category_id
