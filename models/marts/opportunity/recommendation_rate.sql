{# Grain: one row per list, band of days since the customer's last purchase, and band of how much
   speaks for the item. How often what such a list showed was bought within
   recommendation_horizon_days: counted on the list as of that many days before as_of_date, the
   last whose outcome is known. #}
with

lists as (

    select
        'item_recommendation' as list_name,
        list_number,
        customer_number,
        item_number,
        recency_band,
        evidence_band
    from {{ ref('recommendation_list') }}
    union all
    select
        'item_reorder_due' as list_name,
        list_number,
        customer_number,
        item_number,
        recency_band,
        evidence_band
    from {{ ref('reorder_list') }}

),

judged_rows as (

    select
        lists.list_name,
        lists.recency_band,
        lists.evidence_band,
        case when lists.list_number = 1 then 1 else 0 end as is_shown,
        case
            when lists.list_number = 1 and purchases.last_purchase_date > dates.list_date then 1
            else 0
        end as is_bought
    from lists
    inner join {{ ref('recommendation_date') }} as dates
        on lists.list_number = dates.list_number
    left join {{ ref('owned_item') }} as purchases
        on
            lists.customer_number = purchases.customer_number
            and lists.item_number = purchases.item_number
            and purchases.list_number = 0

),

cells as (

    select
        list_name,
        recency_band,
        evidence_band,
        sum(is_shown) as shown_count,
        sum(is_bought) as bought_count
    from judged_rows
    group by list_name, recency_band, evidence_band

),

lists_as_a_whole as (

    select
        *,
        sum(shown_count) over (partition by list_name) as list_shown_count,
        sum(bought_count) over (partition by list_name) as list_bought_count
    from cells

)

select
    list_name,
    recency_band,
    evidence_band,
    cast(shown_count as bigint) as shown_count,
    cast(bought_count as bigint) as bought_count,
    cast(list_shown_count as bigint) as list_shown_count,
    case
        when list_shown_count >= {{ var('recommendation_min_shown') | int }}
            then {{ shrunk_rate(
                'bought_count', 'shown_count', 'list_bought_count', 'list_shown_count'
            ) }}
    end as purchase_rate,
    {{ as_of_date() }} as as_of_date
from lists_as_a_whole
