{# Grain: one row per known customer and category in which the customer has a sale or a return.
   Penetration, churn by category and peers read it, so that spend in a category is defined once. #}
{%- set window_days = var('churn_window_days') | int -%}
with

known_customers as (

    select customer_id
    from {{ ref('dim_customer') }}
    where is_known

),

invoice_categories as (

    select
        invoices.customer_id,
        invoices.category_id,
        invoices.spend,
        case when invoices.sale_line_count > 0 then invoices.invoice_date end as sale_date,
        invoices.invoice_date > {{ add_days(as_of_date(), -window_days) }}
            as is_recent,
        invoices.invoice_date > {{ add_days(as_of_date(), -2 * window_days) }}
        and invoices.invoice_date <= {{ add_days(as_of_date(), -window_days) }}
            as is_previous,
        invoices.invoice_date > {{ add_days(as_of_date(), -var('peer_window_days') | int) }}
            as is_peer_window
    from {{ ref('invoice_category') }} as invoices
    inner join known_customers
        on invoices.customer_id = known_customers.customer_id
    where invoices.spend is not null and invoices.category_id <> '__uncategorised__'

)

select
    customer_id,
    category_id,
    {{ as_money('sum(spend)') }} as total_spend,
    min(sale_date) as first_sale_date,
    max(sale_date) as last_sale_date,
    {{ as_money('coalesce(sum(case when is_recent then spend end), 0)') }} as recent_spend,
    {{ as_money('coalesce(sum(case when is_previous then spend end), 0)') }} as prev_spend,
    {{ as_money('coalesce(sum(case when is_peer_window then spend end), 0)') }}
        as peer_window_spend,
    count(case when is_recent then sale_date end) as recent_invoices,
    count(case when is_previous then sale_date end) as prev_invoices,
    {{ as_of_date() }} as as_of_date
from invoice_categories
group by customer_id, category_id
