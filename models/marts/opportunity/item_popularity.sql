{# Grain: one row per list date and product item that a known customer had bought by then. Offered
   are the active items that somebody bought in the last recommendation_offer_days. #}
with

buyers as (

    select
        dates.list_number,
        days.item_number,
        min(days.item_id) as item_id,
        count(distinct case
            when
                days.invoice_date
                > {{ add_days('dates.list_date', -var('recommendation_offer_days')) }}
                then days.customer_number
        end) as buyer_count
    from {{ ref('customer_item_day') }} as days
    inner join {{ ref('recommendation_date') }} as dates
        on days.invoice_date <= dates.list_date
    where days.is_purchase
    group by dates.list_number, days.item_number

),

judged_items as (

    select
        buyers.list_number,
        buyers.item_number,
        buyers.item_id,
        buyers.buyer_count,
        items.item_name,
        items.is_active,
        items.is_active and buyers.buyer_count > 0 as is_offered
    from buyers
    inner join {{ ref('dim_item') }} as items
        on buyers.item_id = items.item_id

),

ranked_items as (

    select
        *,
        row_number() over (
            partition by list_number, is_offered order by buyer_count desc, item_number
        ) as buyer_rank,
        max(buyer_count) over (partition by list_number, is_offered) as most_buyers
    from judged_items

)

select
    list_number,
    item_number,
    item_id,
    item_name,
    is_active,
    is_offered,
    cast(buyer_count as bigint) as buyer_count,
    cast(case when is_offered then buyer_rank end as int) as popularity_rank,
    {{ as_ratio('case when is_offered then ' ~ divide('buyer_count', 'most_buyers') ~ ' end') }}
        as popularity,
    {{ as_of_date() }} as as_of_date
from ranked_items
