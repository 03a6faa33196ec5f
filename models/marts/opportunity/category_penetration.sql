{# Grain: one row per known customer and sellable category, whether bought or not. #}
{{ config(**indexed(['customer_id', 'category_id'])) }}
with

-- Sellable: with an accepted line of a product up to as_of_date, whoever bought it. Only products
-- have a category.
sellable_categories as (

    select category_id
    from {{ ref('invoice_category') }}
    where category_id <> '__uncategorised__'
    group by category_id

),

customer_categories as (

    select
        customers.customer_id,
        sellable_categories.category_id
    from {{ ref('dim_customer') }} as customers
    cross join sellable_categories
    where customers.is_known

)

select
    customer_categories.customer_id,
    customer_categories.category_id,
    {{ as_money('coalesce(activity.total_spend, 0)') }} as total_spend,
    case when activity.total_spend > 0 then 1 else 0 end as has_category,
    case
        when activity.last_sale_date is null then 'never'
        when activity.last_sale_date > {{ add_days(as_of_date(), -var('penetration_active_days')) }}
            then 'active'
        else 'lapsed'
    end as penetration_status,
    activity.last_sale_date as last_invoice_date,
    cast(case
        when benchmarks.customer_id is not null then benchmarks.peer_penetration_ratio
        when peers.peer_group is not null then 0
    end as {{ type_ratio() }}) as peer_penetration_ratio,
    cast(case
        when benchmarks.customer_id is not null then benchmarks.expected_spend
        when peers.peer_group is not null then 0
    end as {{ type_money() }}) as expected_spend,
    cast(
        case when activity.last_sale_date is null then rates.adoption_rate end as {{ type_ratio() }}
    ) as adoption_probability,
    cast(case when activity.last_sale_date is null then rates.mean_spend end as {{ type_money() }})
        as adoption_spend,
    peers.no_benchmark_reason is null as is_scored,
    peers.no_benchmark_reason,
    {{ as_of_date() }} as as_of_date
from customer_categories
left join {{ ref('customer_category_activity') }} as activity
    on
        customer_categories.customer_id = activity.customer_id
        and customer_categories.category_id = activity.category_id
inner join {{ ref('customer_peer_group') }} as peers
    on customer_categories.customer_id = peers.customer_id
left join {{ ref('customer_category_benchmark') }} as benchmarks
    on
        customer_categories.customer_id = benchmarks.customer_id
        and customer_categories.category_id = benchmarks.category_id
left join {{ ref('customer_activity_band') }} as bands
    on customer_categories.customer_id = bands.customer_id and bands.list_number = 0
left join {{ ref('category_adoption_rate') }} as rates
    on
        customer_categories.category_id = rates.category_id
        and bands.activity_band = rates.activity_band
