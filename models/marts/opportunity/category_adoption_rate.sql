{# Grain: one row per category and activity band. Of customers who lacked the category as of
   recommendation_horizon_days before as_of_date, how many have bought in it since, and for how much. #}
with

earlier_customers as (

    select
        bands.customer_id,
        bands.activity_band,
        dates.list_date
    from {{ ref('customer_activity_band') }} as bands
    inner join {{ ref('recommendation_date') }} as dates
        on bands.list_number = dates.list_number
    where bands.list_number = 1

),

-- Categories that somebody had bought by then.
earlier_categories as (

    select activity.category_id
    from {{ ref('customer_category_activity') }} as activity
    inner join {{ ref('recommendation_date') }} as dates
        on dates.list_number = 1 and activity.first_sale_date <= dates.list_date
    group by activity.category_id

),

missing_categories as (

    select
        earlier_categories.category_id,
        customers.activity_band,
        case when activity.first_sale_date is null then 0 else 1 end as is_adopted,
        case
            when activity.first_sale_date is null then {{ as_money('0') }}
            else activity.total_spend
        end as adopted_spend
    from earlier_customers as customers
    cross join earlier_categories
    left join {{ ref('customer_category_activity') }} as activity
        on
            customers.customer_id = activity.customer_id
            and earlier_categories.category_id = activity.category_id
    where
        activity.first_sale_date is null
        or activity.first_sale_date > customers.list_date

),

cells as (

    select
        category_id,
        activity_band,
        count(*) as missing_count,
        sum(is_adopted) as adopted_count,
        {{ as_money('sum(adopted_spend)') }} as adopted_spend
    from missing_categories
    group by category_id, activity_band

),

bands_as_a_whole as (

    select
        *,
        sum(missing_count) over (partition by activity_band) as band_missing_count,
        sum(adopted_count) over (partition by activity_band) as band_adopted_count,
        sum(adopted_spend) over (partition by activity_band) as band_adopted_spend,
        sum(missing_count) over () as all_missing_count
    from cells

)

select
    category_id,
    activity_band,
    cast(missing_count as bigint) as missing_count,
    cast(adopted_count as bigint) as adopted_count,
    adopted_spend,
    case
        when all_missing_count >= {{ var('recommendation_min_shown') | int }}
            then {{ shrunk_rate(
                'adopted_count', 'missing_count', 'band_adopted_count', 'band_missing_count'
            ) }}
    end as adoption_rate,
    cast(case
        when all_missing_count >= {{ var('recommendation_min_shown') | int }}
            then {{ shrunk_rate(
                'adopted_spend', 'missing_count', 'band_adopted_spend', 'band_missing_count'
            ) }}
    end as {{ type_money() }}) as mean_spend,
    {{ as_of_date() }} as as_of_date
from bands_as_a_whole
