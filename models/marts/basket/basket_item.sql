{# Grain: one row per basket and product item in it. A basket is the set of product items on the
   sale lines of one sale invoice, of the last basket_window_days; larger ones than
   basket_max_items are left out. #}
with

basket_items as (

    select
        invoice_key,
        item_id,
        min(invoice_date) as invoice_date
    from {{ ref('fct_invoice_line') }}
    where
        line_type = 'sale'
        and is_product
        and invoice_date <= {{ as_of_date() }}
        and (
            {{ var('basket_window_days') | int }} = 0
            or invoice_date > {{ add_days(as_of_date(), -var('basket_window_days') | int) }}
        )
    group by invoice_key, item_id

),

baskets as (

    select
        invoice_key,
        cast(count(*) as int) as basket_size
    from basket_items
    group by invoice_key

)

select
    basket_items.invoice_key,
    basket_items.item_id,
    basket_items.invoice_date,
    baskets.basket_size,
    {{ var('basket_max_items') | int }} = 0
    or baskets.basket_size <= {{ var('basket_max_items') | int }} as is_counted,
    {{ as_of_date() }} as as_of_date
from basket_items
inner join baskets
    on basket_items.invoice_key = baskets.invoice_key
