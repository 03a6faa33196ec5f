{# Grain: one row per known customer and category in which the customer has a sale or a return.
   Penetration, churn by category and peers read it, so that spend in a category is defined once. #}
{%- set window_days = var('churn_window_days') | int -%}
with

invoice_categories as (

    select
        customer_id,
        category_id,
        spend,
        case when sale_line_count > 0 then invoice_date end as sale_date,
        case
            when invoice_date > {{ add_days(as_of_date(), -window_days) }} then 'recent'
            when invoice_date > {{ add_days(as_of_date(), -2 * window_days) }} then 'previous'
        end as churn_window,
        invoice_date > {{ add_days(as_of_date(), -var('peer_window_days') | int) }}
            as is_peer_window
    from {{ ref('invoice_category') }}
    where spend is not null and category_id <> '__uncategorised__'

)

select
    invoice_categories.customer_id,
    invoice_categories.category_id,
    {{ as_money('sum(invoice_categories.spend)') }} as total_spend,
    min(invoice_categories.sale_date) as first_sale_date,
    max(invoice_categories.sale_date) as last_sale_date,
    {{ as_money(
        "coalesce(sum(case when invoice_categories.churn_window = 'recent' then invoice_categories.spend end), 0)"
    ) }} as recent_spend,
    {{ as_money(
        "coalesce(sum(case when invoice_categories.churn_window = 'previous' then invoice_categories.spend end), 0)"
    ) }} as prev_spend,
    {{ as_money(
        'coalesce(sum(case when invoice_categories.is_peer_window then invoice_categories.spend end), 0)'
    ) }} as peer_window_spend,
    count(
        case when invoice_categories.churn_window = 'recent' then invoice_categories.sale_date end
    ) as recent_invoices,
    count(
        case when invoice_categories.churn_window = 'previous' then invoice_categories.sale_date end
    ) as prev_invoices,
    {{ as_of_date() }} as as_of_date
from invoice_categories
inner join {{ ref('dim_customer') }} as customers
    on invoice_categories.customer_id = customers.customer_id
where customers.is_known
group by invoice_categories.customer_id, invoice_categories.category_id
