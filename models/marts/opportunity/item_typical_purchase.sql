{# Grain: one row per item sold in the last recommendation_horizon_days: the purchase in the middle
   by quantity says how many a customer takes, and for how much. #}
{{ config(**indexed(['item_number'])) }}
with

recent_purchases as (

    select
        item_number,
        sold_quantity,
        sold_amount,
        row_number() over (
            partition by item_number
            order by sold_quantity, sold_amount, customer_number, invoice_date
        ) as quantity_rank,
        count(*) over (partition by item_number) as purchase_count
    from {{ ref('customer_item_day') }}
    where
        sold_quantity > 0
        and sold_amount > 0
        and invoice_date > {{ add_days(as_of_date(), -var('recommendation_horizon_days')) }}

)

select
    item_number,
    sold_quantity,
    sold_amount,
    {{ as_of_date() }} as as_of_date
from recent_purchases
where 2 * quantity_rank in (purchase_count, purchase_count + 1)
