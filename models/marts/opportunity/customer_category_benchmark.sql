{# Grain: one row per known customer with a benchmark and category that a member of its peer group
   bought, and one for all categories, __all__: what the peers spend there. Wallet and penetration
   read it. #}
{{ config(**indexed(['customer_id', 'category_id'])) }}
with

benchmarks as (

    select
        peers.customer_id,
        group_categories.category_id,
        group_categories.peer_customer_count,
        group_categories.buyer_count,
        group_categories.quantile_spend,
        group_categories.next_spend,
        group_categories.median_buyer_spend,
        case
            when group_categories.category_id = '__all__' then peers.peer_window_spend
            else greatest(coalesce(activity.peer_window_spend, 0), 0)
        end as own_spend,
        peers.as_of_date
    from {{ ref('customer_peer_group') }} as peers
    inner join {{ ref('peer_group_category') }} as group_categories
        on peers.peer_group = group_categories.peer_group
    left join {{ ref('customer_category_activity') }} as activity
        on
            peers.customer_id = activity.customer_id
            and group_categories.category_id = activity.category_id

)

select
    customer_id,
    category_id,
    {{ as_ratio(divide(
        'buyer_count - case when own_spend > 0 then 1 else 0 end', 'peer_customer_count'
    )) }} as peer_penetration_ratio,
    {{ as_money('case when own_spend >= quantile_spend then next_spend else quantile_spend end') }}
        as benchmark_spend,
    {{ as_money('greatest(quantile_spend - own_spend, 0)') }} as category_gap,
    cast(case
        when own_spend = 0
            then {{ divide_money('buyer_count * median_buyer_spend', 'peer_customer_count') }}
    end as {{ type_money() }}) as expected_spend,
    as_of_date
from benchmarks
