{# Grain: one row per frequent item: one that is in enough baskets for its pairs to matter. Its
   number follows the order of item ids; the pair step takes half as long on numbers as on text. #}
with

item_counts as (

    select
        item_id,
        count(*) as basket_count
    from {{ ref('basket_item') }}
    where is_counted
    group by item_id

)

select
    item_counts.item_id,
    cast(row_number() over (order by item_counts.item_id) as int) as item_number,
    cast(item_counts.basket_count as bigint) as basket_count,
    population.as_of_date
from item_counts
inner join {{ ref('basket_population') }} as population
    on item_counts.basket_count >= population.frequent_basket_count
