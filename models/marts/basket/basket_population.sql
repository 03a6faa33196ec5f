{# Grain: one row, the baskets that the pair statistics rest on. #}
with

baskets as (

    select
        invoice_key,
        max(basket_size) as basket_size,
        is_counted
    from {{ ref('basket_item') }}
    group by invoice_key, is_counted

),

sizes as (

    select
        count(case when is_counted then 1 end) as total_basket_count,
        count(case when not is_counted then 1 end) as left_out_basket_count,
        coalesce(sum(case when is_counted then basket_size end), 0) as slot_count,
        coalesce(
            sum(case when is_counted then cast(basket_size as bigint) * (basket_size - 1) end), 0
        ) as slot_pair_count
    from baskets

)

select
    cast(total_basket_count as bigint) as total_basket_count,
    cast(left_out_basket_count as bigint) as left_out_basket_count,
    cast(slot_count as bigint) as slot_count,
    cast(slot_pair_count as bigint) as slot_pair_count,
    -- The least baskets that make an item frequent: a whole number, so that counts compare exactly.
    cast(greatest(
        {{ var('basket_min_count') | int }},
        ceil({{ exact_decimal(var('basket_min_support')) }} * total_basket_count)
    ) as bigint) as frequent_basket_count,
    {{ as_of_date() }} as as_of_date
from sizes
