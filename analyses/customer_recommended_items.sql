{# What could this customer buy that they never bought, and what is due again? #}
with

offers as (

    select
        'new' as list_name,
        rank,
        item_id,
        suggested_quantity,
        expected_revenue,
        reason
    from {{ ref('item_recommendation') }}
    where customer_id = '{{ var("customer", "C00001") }}'
    union all
    select
        'again' as list_name,
        rank,
        item_id,
        suggested_quantity,
        expected_revenue,
        reason
    from {{ ref('item_reorder_due') }}
    where customer_id = '{{ var("customer", "C00001") }}'

)

select
    offers.list_name,
    offers.rank,
    items.item_name,
    offers.suggested_quantity,
    offers.expected_revenue,
    offers.reason
from offers
inner join {{ ref('dim_item') }} as items
    on offers.item_id = items.item_id
order by offers.list_name desc, offers.rank
