{# Grain: one row per month and category with an accepted line. #}
{{ config(**indexed(['category_id', 'month_start'])) }}
with

invoice_categories as (

    select
        invoice_month as month_start,
        category_id,
        sale_line_count,
        nullif(customer_id, '__unknown__') as known_customer_id,
        quantity,
        net_amount
    from {{ ref('invoice_category') }}

)

select
    month_start,
    category_id,
    {{ as_money('sum(net_amount)') }} as revenue,
    {{ as_money('coalesce(sum(quantity), 0)') }} as quantity,
    count(case when sale_line_count > 0 then 1 end) as order_count,
    count(distinct case when sale_line_count > 0 then known_customer_id end) as customer_count,
    {{ month_end('month_start') }} <= {{ as_of_date() }} as is_complete,
    {{ as_of_date() }} as as_of_date
from invoice_categories
group by month_start, category_id
