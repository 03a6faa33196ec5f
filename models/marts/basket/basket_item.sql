{# Grain: one row per basket and product item in it. A basket is the set of product items on the
   sale lines of one sale invoice; larger ones than basket_max_items are left out. Baskets and
   items bear integer numbers, on which the pair step joins in half the time it needs on text. #}
with

basket_lines as (

    select invoice_id, item_id, invoice_date
    from {{ ref('fct_invoice_line') }}
    where line_type = 'sale' and is_product and invoice_date <= {{ as_of_date() }}
    group by invoice_id, item_id, invoice_date

),

baskets as (

    select
        invoice_id,
        cast(count(*) as int) as basket_size,
        row_number() over (order by invoice_id) as basket_number
    from basket_lines
    group by invoice_id

),

items as (

    select
        item_id,
        row_number() over (order by item_id) as item_number
    from basket_lines
    group by item_id

)

select
    basket_lines.invoice_id,
    basket_lines.item_id,
    basket_lines.invoice_date,
    cast(baskets.basket_number as int) as basket_number,
    cast(items.item_number as int) as item_number,
    baskets.basket_size,
    {{ var('basket_max_items') | int }} = 0
    or baskets.basket_size <= {{ var('basket_max_items') | int }} as is_counted,
    {{ as_of_date() }} as as_of_date
from basket_lines
inner join baskets
    on basket_lines.invoice_id = baskets.invoice_id
inner join items
    on basket_lines.item_id = items.item_id
