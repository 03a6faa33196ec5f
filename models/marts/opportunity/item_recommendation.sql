{# Grain: one row per known customer and new item to offer, the first recommendation_count. #}
{{ config(**indexed(['customer_id', 'item_id'])) }}
with

customers as (

    select
        customer_number,
        min(customer_id) as customer_id
    from {{ ref('customer_item_day') }}
    group by customer_number

)

select
    customers.customer_id,
    items.item_id,
    lists.list_rank as rank,
    lists.score,
    evidence_items.item_id as evidence_item_id,
    typical_purchases.sold_quantity as suggested_quantity,
    rates.purchase_rate as purchase_probability,
    {{ computed_money(
        as_double('rates.purchase_rate') ~ ' * ' ~ as_double('typical_purchases.sold_amount')
    ) }} as expected_revenue,
    case
        when evidence_items.item_id is null
            then
                'Popular now: ' || {{ count_of('items.buyer_count', 'customer') }}
                || ' bought it in the last {{ var("recommendation_offer_days") | int }} days.'
        else
            'Bought with ' || evidence_items.item_name || ' by '
            || {{ count_of('similarities.common_customer_count', 'customer') }} || '.'
    end as reason,
    rates.purchase_rate is not null as is_scored,
    {{ not_rated_reason('rates') }} as not_scored_reason,
    lists.as_of_date
from {{ ref('recommendation_list') }} as lists
inner join customers
    on lists.customer_number = customers.customer_number
inner join {{ ref('item_popularity') }} as items
    on lists.list_number = items.list_number and lists.item_number = items.item_number
left join {{ ref('item_popularity') }} as evidence_items
    on
        lists.list_number = evidence_items.list_number
        and lists.evidence_number = evidence_items.item_number
left join {{ ref('item_similarity') }} as similarities
    on
        lists.list_number = similarities.list_number
        and lists.evidence_number = similarities.item_number
        and lists.item_number = similarities.neighbour_number
left join {{ ref('item_typical_purchase') }} as typical_purchases
    on lists.item_number = typical_purchases.item_number
left join {{ ref('recommendation_rate') }} as rates
    on
        rates.list_name = 'item_recommendation'
        and lists.recency_band = rates.recency_band
        and lists.evidence_band = rates.evidence_band
where lists.list_number = 0
