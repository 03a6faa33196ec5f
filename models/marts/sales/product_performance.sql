{# Grain: one row per item with an accepted line, non-products and the unknown item among them. #}
{{ config(**indexed(['item_id', 'category_id'])) }}
with

item_lines as (

    select
        item_id,
        sum(net_amount) as revenue,
        coalesce(sum(case when line_type in ('sale', 'return') then quantity end), 0) as quantity,
        coalesce(sum(case when line_type = 'sale' then net_amount end), 0) as sale_amount,
        coalesce(sum(case when line_type = 'return' then net_amount end), 0) as return_amount,
        count(distinct case when line_type = 'sale' then invoice_key end) as order_count,
        count(distinct case when line_type = 'sale' then nullif(customer_id, '__unknown__') end)
            as customer_count,
        sum(margin_amount) as margin_amount,
        sum(case when margin_amount is not null then net_amount end) as costed_revenue,
        min(case when line_type = 'sale' then invoice_date end) as first_sale_date,
        max(case when line_type = 'sale' then invoice_date end) as last_sale_date
    from {{ ref('fct_invoice_line') }}
    where invoice_date <= {{ as_of_date() }}
    group by item_id

)

select
    item_lines.item_id,
    items.item_name,
    items.category_id,
    items.is_product,
    {{ as_money('item_lines.revenue') }} as revenue,
    {{ as_money('item_lines.quantity') }} as quantity,
    {{ as_money('item_lines.sale_amount') }} as sale_amount,
    {{ as_money('item_lines.return_amount') }} as return_amount,
    item_lines.order_count,
    item_lines.customer_count,
    {{ as_money('item_lines.margin_amount') }} as margin_amount,
    {{ as_bounded_ratio(divide('item_lines.margin_amount', 'item_lines.costed_revenue')) }}
        as margin_ratio,
    item_lines.first_sale_date,
    item_lines.last_sale_date,
    cast(row_number() over (order by item_lines.revenue desc, item_lines.item_id) as bigint)
        as revenue_rank,
    {{ as_of_date() }} as as_of_date
from item_lines
inner join {{ ref('dim_item') }} as items
    on item_lines.item_id = items.item_id
