{# Grain: one row per known customer, with the narrowest group of peers that is large enough: who
   bought in the last peer_window_days in the same region, is in the same RFM segment and buys
   mostly the same category; else of all regions; else of all categories; else all who bought. #}
{{ config(**indexed(['customer_id'])) }}
{%- set least_peers = var('peer_min_customers') | int -%}
with

ranked_categories as (

    select
        activity.customer_id,
        categories.category_name,
        activity.peer_window_spend,
        row_number() over (
            partition by activity.customer_id
            order by activity.peer_window_spend desc, activity.category_id
        ) as category_rank
    from {{ ref('customer_category_activity') }} as activity
    inner join {{ ref('dim_category') }} as categories
        on activity.category_id = categories.category_id
    where activity.peer_window_spend > 0

),

buyers as (

    select
        customer_id,
        sum(peer_window_spend) as peer_window_spend,
        max(case when category_rank = 1 then category_name end) as main_category_name
    from ranked_categories
    group by customer_id

),

named_groups as (

    select
        buyers.customer_id,
        buyers.peer_window_spend,
        coalesce(customers.region, customers.country, 'no region')
        || ', ' || coalesce(rfm.rfm_segment, 'no sale')
        || ', mostly ' || buyers.main_category_name as regional_group,
        'all regions, ' || coalesce(rfm.rfm_segment, 'no sale')
        || ', mostly ' || buyers.main_category_name as category_group,
        'all regions, ' || coalesce(rfm.rfm_segment, 'no sale') || ', all categories'
            as segment_group,
        'all customers' as whole_group
    from buyers
    inner join {{ ref('dim_customer') }} as customers
        on buyers.customer_id = customers.customer_id
    left join {{ ref('customer_rfm') }} as rfm
        on buyers.customer_id = rfm.customer_id

),

counted_groups as (

    select
        *,
        count(*) over (partition by regional_group) - 1 as regional_peer_count,
        count(*) over (partition by category_group) - 1 as category_peer_count,
        count(*) over (partition by segment_group) - 1 as segment_peer_count,
        count(*) over () - 1 as whole_peer_count
    from named_groups

)

select
    activity.customer_id,
    {{ as_money('coalesce(peer_groups.peer_window_spend, 0)') }} as peer_window_spend,
    peer_groups.regional_group,
    peer_groups.category_group,
    peer_groups.segment_group,
    peer_groups.whole_group,
    case
        when peer_groups.regional_peer_count >= {{ least_peers }} then peer_groups.regional_group
        when peer_groups.category_peer_count >= {{ least_peers }} then peer_groups.category_group
        when peer_groups.segment_peer_count >= {{ least_peers }} then peer_groups.segment_group
        when peer_groups.whole_peer_count >= {{ least_peers }} then peer_groups.whole_group
    end as peer_group,
    cast(case
        when peer_groups.regional_peer_count >= {{ least_peers }}
            then peer_groups.regional_peer_count
        when peer_groups.category_peer_count >= {{ least_peers }}
            then peer_groups.category_peer_count
        when peer_groups.segment_peer_count >= {{ least_peers }} then peer_groups.segment_peer_count
        when peer_groups.whole_peer_count >= {{ least_peers }} then peer_groups.whole_peer_count
    end as bigint) as peer_customer_count,
    case
        when peer_groups.customer_id is null
            then 'Bought nothing in a category in the last {{ var("peer_window_days") }} days.'
        when peer_groups.whole_peer_count < {{ least_peers }}
            then
                'Fewer than {{ least_peers }} other customers bought in the last'
                || ' {{ var("peer_window_days") }} days.'
    end as no_benchmark_reason,
    activity.as_of_date
from {{ ref('customer_activity') }} as activity
left join counted_groups as peer_groups
    on activity.customer_id = peer_groups.customer_id
