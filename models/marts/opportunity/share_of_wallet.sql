{# Grain: one row per known customer; one without invoices has spent nothing. #}
{{ config(**indexed(['customer_id'])) }}
with

spend as (

    select
        customer_id,
        net_spend as actual_spend,
        line_count,
        as_of_date
    from {{ ref('customer_activity') }}

),

mean_spend as (

    select {{ divide_money('sum(actual_spend)', 'count(*)') }} as avg_spend
    from spend
    where line_count > 0

),

benchmarks as (

    select
        customer_id,
        max(case when category_id = '__all__' then benchmark_spend end) as peer_benchmark_spend,
        max(case when category_id = '__all__' then category_gap end) as total_gap,
        sum(case when category_id <> '__all__' then category_gap end) as category_gap
    from {{ ref('customer_category_benchmark') }}
    group by customer_id

)

select
    spend.customer_id,
    spend.actual_spend,
    coalesce(mean_spend.avg_spend, {{ as_money('0') }}) as avg_spend,
    {{ as_money('greatest(coalesce(mean_spend.avg_spend, 0) - spend.actual_spend, 0)') }}
        as opportunity_gap,
    peers.peer_group,
    peers.peer_customer_count,
    {{ as_money('benchmarks.peer_benchmark_spend') }} as peer_benchmark_spend,
    -- No more than the peers spend beyond the customer in its categories together, or in all; and
    -- no more than a customer of its size can be asked for.
    cast(case
        when benchmarks.customer_id is not null
            then least(
                benchmarks.total_gap,
                benchmarks.category_gap,
                {{ exact_decimal(var('peer_max_growth_ratio')) }} * peers.peer_window_spend
            )
    end as {{ type_money() }}) as peer_gap,
    peers.no_benchmark_reason is null as is_scored,
    peers.no_benchmark_reason,
    spend.as_of_date
from spend
cross join mean_spend
inner join {{ ref('customer_peer_group') }} as peers
    on spend.customer_id = peers.customer_id
left join benchmarks
    on spend.customer_id = benchmarks.customer_id
