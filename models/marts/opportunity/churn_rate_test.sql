{# Grain: one row per row of churn_risk that has an earlier rate of purchases: what that rate lets expect
   of the recent window, and how likely a steady buyer is to buy as little as was bought. #}
{%- set window_days = var('churn_window_days') | int -%}
with

-- A purchase is a day with a sale. Who first bought within the year has a rate from that day on, which
-- itself does not count: it is why the days begin there.
earlier_purchases as (

    select
        customer_id,
        category_id,
        recent_purchase_days,
        case
            when first_sale_date > {{ add_days('as_of_date', -365 - window_days) }}
                then earlier_purchase_days - 1
            else earlier_purchase_days
        end as earlier_purchase_days,
        {{ days_between(
            'greatest(first_sale_date, ' ~ add_days('as_of_date', -365 - window_days) ~ ')',
            add_days('as_of_date', -window_days)
        ) }} as earlier_day_count,
        last_year_purchase_days,
        {{ window_days }} <= 365
        and first_sale_date <= {{ add_days('as_of_date', -365 - window_days) }} as is_season_known,
        as_of_date
    from {{ ref('customer_category_activity') }}
    where
        prev_spend > 0
        and first_sale_date < {{ add_days('as_of_date', -window_days) }}

),

-- The season lowers what is expected and never raises it. One purchase is added to both sides, so that
-- a window without any is no proof that there never are.
expected_purchases as (

    select
        *,
        case
            when is_season_known
                then least(
                    {{ as_double(1) }},
                    {{ divide(
                        '(last_year_purchase_days + 1)',
                        '(' ~ divide('earlier_purchase_days * ' ~ window_days, 'earlier_day_count') ~ ' + 1)'
                    ) }}
                )
            else {{ as_double(1) }}
        end as season_ratio
    from earlier_purchases
    where earlier_purchase_days > 0

),

-- Of all purchases of a steady buyer, each falls into the recent window with this probability.
recent_shares as (

    select
        *,
        recent_purchase_days + earlier_purchase_days as purchase_days,
        {{ divide(window_days ~ ' * season_ratio', window_days ~ ' * season_ratio + earlier_day_count') }}
            as recent_share
    from expected_purchases

),

-- 0, 1, 2 and so on: at least as many as days on which there can have been a purchase.
whole_numbers as (

    select row_number() over (order by date_day) - 1 as purchase_count
    from {{ ref('dim_date') }}

),

-- ln(n choose k) = ln(n/1) + ln((n-1)/2) + ... + ln((n-k+1)/k).
outcomes as (

    select
        recent_shares.*,
        whole_numbers.purchase_count,
        whole_numbers.purchase_count * ln(recent_shares.recent_share)
        + (recent_shares.purchase_days - whole_numbers.purchase_count)
        * ln(1 - recent_shares.recent_share)
        + sum(
            case
                when whole_numbers.purchase_count = 0 then {{ as_double(0) }}
                else ln({{ divide(
                    '(recent_shares.purchase_days - whole_numbers.purchase_count + 1)',
                    'whole_numbers.purchase_count'
                ) }})
            end
        ) over (
            partition by recent_shares.customer_id, recent_shares.category_id
            order by whole_numbers.purchase_count
            rows between unbounded preceding and current row
        ) as log_probability
    from recent_shares
    inner join whole_numbers
        on recent_shares.recent_purchase_days >= whole_numbers.purchase_count

),

-- The binomial probability of so few purchases in the recent window or fewer.
tests as (

    select
        customer_id,
        category_id,
        max(case when is_season_known then 1 else 0 end) = 1 as is_season_known,
        {{ as_ratio(divide(
            'max(earlier_purchase_days) * ' ~ window_days ~ ' * max(season_ratio)',
            'max(earlier_day_count)'
        )) }} as expected_purchase_days,
        {{ as_ratio(
            'least(sum(' ~ bounded_exp('log_probability') ~ '), ' ~ as_double(1) ~ ')'
        ) }} as rate_p_value,
        max(as_of_date) as as_of_date
    from outcomes
    group by customer_id, category_id

),

-- Benjamini and Hochberg (1995) over the categories of a customer that can be told: a customer who is
-- steady in all of them is found at risk in any of them no more often than churn_max_p_value says.
ranked_tests as (

    select
        *,
        expected_purchase_days >= {{ exact_decimal(var('churn_min_expected_purchases')) }}
            as is_tested,
        {{ as_double('rate_p_value') }}
        * count(*) over (
            partition by
                customer_id,
                expected_purchase_days >= {{ exact_decimal(var('churn_min_expected_purchases')) }}
        )
        / count(*) over (
            partition by
                customer_id,
                expected_purchase_days >= {{ exact_decimal(var('churn_min_expected_purchases')) }}
            order by rate_p_value
        ) as p_value_by_rank
    from tests

)

select
    customer_id,
    category_id,
    expected_purchase_days,
    is_season_known,
    is_tested,
    rate_p_value,
    case
        when is_tested
            then {{ as_ratio(
                'least(min(p_value_by_rank) over (partition by customer_id, is_tested'
                ~ ' order by rate_p_value desc), ' ~ as_double(1) ~ ')'
            ) }}
    end as rate_q_value,
    as_of_date
from ranked_tests
