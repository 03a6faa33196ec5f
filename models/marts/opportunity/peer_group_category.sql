{# Grain: one row per peer group that a customer is compared with and category that a member bought
   in the last peer_window_days, and one per group for all categories, __all__. #}
with

spend as (

    select
        customer_id,
        category_id,
        peer_window_spend
    from {{ ref('customer_category_activity') }}
    where peer_window_spend > 0
    union all
    select
        customer_id,
        '__all__' as category_id,
        peer_window_spend
    from {{ ref('customer_peer_group') }}
    where peer_group is not null

),

memberships as (
    {%- for group_name in ['regional_group', 'category_group', 'segment_group', 'whole_group'] %}

        select
            customer_id,
            {{ group_name }} as peer_group
        from {{ ref('customer_peer_group') }}
        where {{ group_name }} is not null
        {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- Rank of the quantile from the top among the peers of a member, who are one fewer than the
-- members.
used_groups as (

    select
        peer_group,
        max(peer_customer_count) as peer_customer_count,
        max(peer_customer_count) + 1 - greatest(
            ceil({{ exact_decimal(var('peer_quantile')) }} * max(peer_customer_count)), 1
        ) as quantile_rank
    from {{ ref('customer_peer_group') }}
    where peer_group is not null
    group by peer_group

),

ranked_spend as (

    select
        memberships.peer_group,
        spend.category_id,
        spend.peer_window_spend,
        used_groups.peer_customer_count,
        used_groups.quantile_rank,
        row_number() over (
            partition by memberships.peer_group, spend.category_id
            order by spend.peer_window_spend desc, spend.customer_id
        ) as spend_rank,
        count(*) over (partition by memberships.peer_group, spend.category_id) as buyer_count
    from memberships
    inner join used_groups
        on memberships.peer_group = used_groups.peer_group
    inner join spend
        on memberships.customer_id = spend.customer_id

)

-- A member that spends less than the quantile of all ranks stands below it, so that the quantile is
-- that of its peers without it; one that spends as much or more has no gap either way.
select
    peer_group,
    category_id,
    cast(max(peer_customer_count) as bigint) as peer_customer_count,
    cast(max(buyer_count) as bigint) as buyer_count,
    {{ as_money(
        'coalesce(max(case when spend_rank = quantile_rank then peer_window_spend end), 0)'
    ) }} as quantile_spend,
    {{ as_money(
        'coalesce(max(case when spend_rank = quantile_rank + 1 then peer_window_spend end), 0)'
    ) }} as next_spend,
    {{ as_money(
        'max(case when 2 * spend_rank in (buyer_count + 1, buyer_count + 2)'
        ~ ' then peer_window_spend end)'
    ) }} as median_buyer_spend,
    {{ as_of_date() }} as as_of_date
from ranked_spend
group by peer_group, category_id
