{# Grain: one row per known customer with at least one sale. #}
{{ config(**indexed(['customer_id'])) }}
with

buyers as (

    select
        customer_id,
        {{ days_between('last_sale_date', 'as_of_date') }} as recency_days,
        sale_invoice_count as frequency,
        monetary,
        as_of_date
    from {{ ref('customer_activity') }}
    where sale_invoice_count > 0

),

-- rank() - 1 is the number of customers who are strictly worse, so customers who tie share a score.
ranked_buyers as (

    select
        *,
        count(*) over () as buyer_count,
        rank() over (order by recency_days desc) - 1 as less_recent_count,
        rank() over (order by frequency) - 1 as less_frequent_count,
        rank() over (order by monetary) - 1 as less_valuable_count
    from buyers

),

scored_buyers as (

    select
        *,
        cast(1 + floor({{ divide('5 * less_recent_count', 'buyer_count') }}) as int) as r_score,
        cast(1 + floor({{ divide('5 * less_frequent_count', 'buyer_count') }}) as int) as f_score,
        cast(1 + floor({{ divide('5 * less_valuable_count', 'buyer_count') }}) as int) as m_score
    from ranked_buyers

)

select
    scored_buyers.customer_id,
    scored_buyers.recency_days,
    scored_buyers.frequency,
    scored_buyers.monetary,
    scored_buyers.r_score,
    scored_buyers.f_score,
    scored_buyers.m_score,
    segments.rfm_segment,
    scored_buyers.as_of_date
from scored_buyers
left join {{ ref('rfm_segments') }} as segments
    on
        scored_buyers.r_score = segments.r_score
        and scored_buyers.f_score = segments.f_score
        and scored_buyers.m_score = segments.m_score
