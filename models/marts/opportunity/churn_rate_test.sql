{# Grain: one row per row of churn_risk that has an earlier rate of purchases: what that rate lets
   expect of the recent window, and how likely a steady buyer is to buy as little as was bought. #}
{%- set window_days = var('churn_window_days') | int -%}
{%- set season_weight = [var('churn_min_expected_purchases'), 1] | max -%}
with

-- Who first bought within the year has a rate from that day on, which itself does not count: it is
-- why the days begin there.
rates as (

    select
        customer_id,
        category_id,
        {{ days_between(
            'greatest(first_sale_date, ' ~ add_days('as_of_date', -365 - window_days) ~ ')',
            add_days('as_of_date', -window_days)
        ) }} as earlier_day_count,
        greatest(first_sale_date, {{ add_days('as_of_date', -365 - window_days) }})
            as rate_start_date,
        {{ window_days }} <= 365
        and first_sale_date <= {{ add_days('as_of_date', -365 - window_days) }} as is_season_known,
        as_of_date
    from {{ ref('customer_category_activity') }}
    where prev_spend > 0 and first_sale_date < {{ add_days('as_of_date', -window_days) }}

),

purchase_days as (

    select
        rates.customer_id,
        rates.category_id,
        invoice_categories.invoice_date,
        sum(invoice_categories.spend) as day_spend,
        max(rates.earlier_day_count) as earlier_day_count,
        max(case when rates.is_season_known then 1 else 0 end) as is_season_known,
        max(rates.as_of_date) as as_of_date
    from rates
    inner join {{ ref('invoice_category') }} as invoice_categories
        on
            rates.customer_id = invoice_categories.customer_id
            and rates.category_id = invoice_categories.category_id
            and rates.rate_start_date < invoice_categories.invoice_date
    where invoice_categories.sale_line_count > 0
    group by rates.customer_id, rates.category_id, invoice_categories.invoice_date

),

ranked_days as (

    select
        *,
        row_number() over (partition by customer_id, category_id order by day_spend, invoice_date)
            as spend_rank,
        count(*) over (partition by customer_id, category_id) as day_count
    from purchase_days

),

usual_days as (

    select
        *,
        max(case when 2 * spend_rank in (day_count, day_count + 1) then day_spend end)
            over (partition by customer_id, category_id) as median_day_spend
    from ranked_days

),

-- A purchase is a day with a sale of the customer's usual size, so that who buys as often but much
-- less is found as well. The usual size is of all days alike, so that a steady buyer has no fewer
-- in one window.
purchases as (

    select
        *,
        case
            when invoice_date > {{ add_days('as_of_date', -window_days) }} then 'recent'
            when invoice_date > {{ add_days('as_of_date', -365) }} then 'earlier'
            else 'last year'
        end as purchase_window
    from usual_days
    where
        day_spend >= {{ exact_decimal(var('churn_min_purchase_ratio')) }}
        * case when median_day_spend > 0 then median_day_spend else 0 end

),

purchase_counts as (

    select
        customer_id,
        category_id,
        count(case when purchase_window = 'recent' then 1 end) as recent_purchases,
        count(case when purchase_window <> 'recent' then 1 end) as earlier_purchases,
        -- The year before the recent window begins with the same period last year.
        count(case when purchase_window = 'last year' then 1 end) as last_year_purchases,
        max(earlier_day_count) as earlier_day_count,
        max(is_season_known) = 1 as is_season_known,
        max(as_of_date) as as_of_date
    from purchases
    group by customer_id, category_id

),

-- The season lowers what is expected and never raises it. A few purchases are added to both sides,
-- so that a chance low last year is not taken for a season; as many as must be expected, so that
-- whoever bought nothing in the same period last year is not tested.
expected_counts as (

    select
        *,
        case
            when is_season_known
                then least(
                    {{ as_double(1) }},
                    {{ divide(
                        '(last_year_purchases + ' ~ season_weight ~ ')',
                        '(' ~ divide('earlier_purchases * ' ~ window_days, 'earlier_day_count')
                        ~ ' + ' ~ season_weight ~ ')'
                    ) }}
                )
            else {{ as_double(1) }}
        end as season_ratio
    from purchase_counts
    where earlier_purchases > 0

),

-- Of all purchases of a steady buyer, each falls into the recent window with this probability.
recent_shares as (

    select
        *,
        recent_purchases + earlier_purchases as all_purchases,
        {{ divide(
            window_days ~ ' * season_ratio', window_days ~ ' * season_ratio + earlier_day_count'
        ) }} as recent_share
    from expected_counts

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
        + (recent_shares.all_purchases - whole_numbers.purchase_count)
        * ln(1 - recent_shares.recent_share)
        + sum(
            case
                when whole_numbers.purchase_count = 0 then {{ as_double(0) }}
                else ln({{ divide(
                    '(recent_shares.all_purchases - whole_numbers.purchase_count + 1)',
                    'whole_numbers.purchase_count'
                ) }})
            end
        ) over (
            partition by recent_shares.customer_id, recent_shares.category_id
            order by whole_numbers.purchase_count
            rows between unbounded preceding and current row
        ) as log_probability
    from recent_shares
    -- Nobody buys on more days than the window has. Said here, no row meets the whole calendar.
    inner join whole_numbers
        on
            recent_shares.recent_purchases >= whole_numbers.purchase_count
            and whole_numbers.purchase_count <= {{ window_days }}

),

-- The binomial probability of so few purchases in the recent window or fewer.
tests as (

    select
        customer_id,
        category_id,
        max(recent_purchases) as recent_purchases,
        max(case when is_season_known then 1 else 0 end) = 1 as is_season_known,
        {{ as_ratio(divide(
            'max(earlier_purchases) * ' ~ window_days ~ ' * max(season_ratio)',
            'max(earlier_day_count)'
        )) }} as expected_purchases,
        {{ as_ratio(
            'least(sum(' ~ bounded_exp('log_probability') ~ '), ' ~ as_double(1) ~ ')'
        ) }} as rate_p_value,
        max(as_of_date) as as_of_date
    from outcomes
    group by customer_id, category_id

),

judged_tests as (

    select
        *,
        expected_purchases >= {{ exact_decimal(var('churn_min_expected_purchases')) }} as is_tested
    from tests

),

-- Benjamini and Hochberg (1995) over the categories of a customer that are tested: one who is
-- steady in all of them is found at risk in any no more often than churn_max_p_value says.
ranked_tests as (

    select
        *,
        {{ as_double('rate_p_value') }}
        * count(*) over (partition by customer_id, is_tested)
        / count(*) over (partition by customer_id, is_tested order by rate_p_value)
            as p_value_by_rank
    from judged_tests

)

select
    customer_id,
    category_id,
    cast(recent_purchases as bigint) as recent_purchases,
    expected_purchases,
    is_season_known,
    is_tested,
    rate_p_value,
    cast(case
        when is_tested
            then least(
                min(p_value_by_rank) over (
                    partition by customer_id, is_tested order by rate_p_value desc
                ),
                {{ as_double(1) }}
            )
    end as {{ type_ratio() }}) as rate_q_value,
    as_of_date
from ranked_tests
