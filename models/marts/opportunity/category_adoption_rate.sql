{# Grain: one row per tenth of the peers' share. How often customers who had bought, but not in the
   category, churn_horizon_days before as_of_date have bought in it since. The share is that of
   today's peers, the customer itself left out. #}
{%- set earlier_date = add_days(as_of_date(), -var('churn_horizon_days') | int) -%}
with

earlier_customers as (

    select customer_id
    from {{ ref('customer_category_activity') }}
    where first_sale_date <= {{ earlier_date }}
    group by customer_id

),

missing_categories as (

    select
        benchmarks.peer_share_band,
        case when activity.first_sale_date is null then 0 else 1 end as is_adopted
    from {{ ref('customer_category_benchmark') }} as benchmarks
    inner join earlier_customers
        on benchmarks.customer_id = earlier_customers.customer_id
    left join {{ ref('customer_category_activity') }} as activity
        on
            benchmarks.customer_id = activity.customer_id
            and benchmarks.category_id = activity.category_id
    where
        benchmarks.category_id <> '__all__'
        and (activity.first_sale_date is null or activity.first_sale_date > {{ earlier_date }})

),

bands as (

    select
        peer_share_band,
        count(*) as missing_count,
        sum(is_adopted) as adopted_count
    from missing_categories
    group by peer_share_band

),

bands_as_a_whole as (

    select
        *,
        sum(missing_count) over () as all_missing_count,
        sum(adopted_count) over () as all_adopted_count
    from bands

)

select
    peer_share_band,
    cast(missing_count as bigint) as missing_count,
    cast(adopted_count as bigint) as adopted_count,
    case
        when all_missing_count >= {{ var('recommendation_min_shown') | int }}
            then {{ shrunk_rate(
                'adopted_count', 'missing_count', 'all_adopted_count', 'all_missing_count'
            ) }}
    end as adoption_rate,
    {{ as_of_date() }} as as_of_date
from bands_as_a_whole
