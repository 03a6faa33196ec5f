{# Grain: one row per list date, known customer and new item, the first recommendation_count: items
   that the customer has not bought, by their similarity to those bought lately and by how many
   customers buy them now. #}
with

-- What each item bought lately says for its neighbours. The item that says most is kept in the low
-- 31 bits of a number whose high bits are what it says, so that one aggregate finds it.
evidence as (

    select
        owned_items.list_number,
        owned_items.customer_number,
        similarities.neighbour_number as item_number,
        {{ decay('owned_items.days_since_purchase', var('recommendation_recency_half_life_days')) }}
        * {{ as_double('similarities.similarity') }} as contribution,
        owned_items.item_number as evidence_number
    from {{ ref('owned_item') }} as owned_items
    inner join {{ ref('item_similarity') }} as similarities
        on
            owned_items.list_number = similarities.list_number
            and owned_items.item_number = similarities.item_number
    where owned_items.recency_rank <= {{ var('recommendation_latest_items') | int }}

),

-- Deep enough to fill the list of a customer who owns the most popular items.
popular_items as (

    select
        customers.list_number,
        customers.customer_number,
        items.item_number,
        {{ as_double(0) }} as contribution,
        cast(null as int) as evidence_number
    from {{ ref('owned_item') }} as customers
    inner join {{ ref('item_popularity') }} as items
        on
            customers.list_number = items.list_number
            and items.popularity_rank
            <= customers.customer_item_count + {{ var('recommendation_count') | int }}
    where customers.recency_rank = 1

),

contributions as (

    select * from evidence
    union all
    select * from popular_items

),

candidates as (

    select
        list_number,
        customer_number,
        item_number,
        sum(contribution) as similarity_score,
        max(
            cast(floor(1000000000 * contribution) as bigint) * 2147483648
            + 2147483647 - evidence_number
        ) as evidence_code
    from contributions
    group by list_number, customer_number, item_number

),

new_items as (

    select
        candidates.list_number,
        candidates.customer_number,
        candidates.item_number,
        candidates.evidence_code,
        candidates.similarity_score,
        max(candidates.similarity_score) over (
            partition by candidates.list_number, candidates.customer_number
        ) as best_similarity_score
    from candidates
    left join {{ ref('owned_item') }} as owned_items
        on
            candidates.list_number = owned_items.list_number
            and candidates.customer_number = owned_items.customer_number
            and candidates.item_number = owned_items.item_number
    where owned_items.item_number is null

),

scored_items as (

    select
        new_items.list_number,
        new_items.customer_number,
        new_items.item_number,
        new_items.evidence_code,
        cast(
            coalesce(
                {{ divide('new_items.similarity_score', 'new_items.best_similarity_score') }}, 0
            )
            + {{ as_double(var('recommendation_popularity_weight')) }}
            * {{ as_double('items.popularity') }}
            as decimal(28, 9)
        ) as score
    from new_items
    inner join {{ ref('item_popularity') }} as items
        on
            new_items.list_number = items.list_number
            and new_items.item_number = items.item_number

),

ranked_items as (

    select
        *,
        row_number() over (
            partition by list_number, customer_number order by score desc, item_number
        ) as list_rank
    from scored_items

)

select
    ranked_items.list_number,
    ranked_items.customer_number,
    ranked_items.item_number,
    cast(ranked_items.list_rank as int) as list_rank,
    {{ as_ratio('ranked_items.score') }} as score,
    cast(2147483647 - mod(ranked_items.evidence_code, 2147483648) as int) as evidence_number,
    customers.recency_band,
    case
        when ranked_items.list_rank <= 1 then 1
        when ranked_items.list_rank <= 3 then 2
        when ranked_items.list_rank <= 5 then 3
        else 4
    end as evidence_band,
    {{ as_of_date() }} as as_of_date
from ranked_items
inner join {{ ref('owned_item') }} as customers
    on
        ranked_items.list_number = customers.list_number
        and ranked_items.customer_number = customers.customer_number
        and customers.recency_rank = 1
where ranked_items.list_rank <= {{ var('recommendation_count') | int }}
