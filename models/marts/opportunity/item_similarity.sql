{# Grain: one row per list date, item and offered item among its recommendation_neighbours most
   similar ones. Two items are similar when the same customers bought both lately; a customer
   with many items says less about each. #}
{%- set latest_items = var('recommendation_latest_items') | int %}
with

latest_items as {{ not_materialized() }} (

    select
        list_number,
        customer_number,
        item_number,
        {{ decay('days_since_purchase', var('recommendation_half_life_days')) }}
        / sqrt({{ as_double('least(customer_item_count, ' ~ latest_items ~ ')') }}) as weight
    from {{ ref('owned_item') }}
    where recency_rank <= {{ latest_items }}
    {{ optimization_fence() }}

),

item_lengths as (

    select
        list_number,
        item_number,
        sqrt(sum(weight * weight)) as vector_length
    from latest_items
    group by list_number, item_number

),

pairs as (

    select
        first_items.list_number,
        first_items.item_number as first_number,
        second_items.item_number as second_number,
        sum(first_items.weight * second_items.weight) as weight_product,
        count(*) as common_customer_count
    from latest_items as first_items
    inner join latest_items as second_items
        on
            first_items.list_number = second_items.list_number
            and first_items.customer_number = second_items.customer_number
            and first_items.item_number < second_items.item_number
    group by first_items.list_number, first_items.item_number, second_items.item_number
    having count(*) >= {{ var('recommendation_min_customers') | int }}

),

-- The cosine of the two items' vectors over customers.
cosines as (

    select
        pairs.list_number,
        pairs.first_number,
        pairs.second_number,
        pairs.common_customer_count,
        pairs.weight_product / (first_items.vector_length * second_items.vector_length) as cosine
    from pairs
    inner join item_lengths as first_items
        on
            pairs.list_number = first_items.list_number
            and pairs.first_number = first_items.item_number
    inner join item_lengths as second_items
        on
            pairs.list_number = second_items.list_number
            and pairs.second_number = second_items.item_number

),

directions as (

    select 'first to second' as direction
    union all
    select 'second to first' as direction

),

-- Few common customers say little: two count half, eight four fifths. Rounded before they
-- are ranked, as the order of a sum must not decide.
similarities as (

    select
        cosines.list_number,
        case
            when directions.direction = 'first to second' then cosines.first_number
            else cosines.second_number
        end as item_number,
        case
            when directions.direction = 'first to second' then cosines.second_number
            else cosines.first_number
        end as neighbour_number,
        cast(
            cosines.cosine
            * {{ divide('cosines.common_customer_count', 'cosines.common_customer_count + 2') }}
            as decimal(28, 9)
        ) as similarity,
        cosines.common_customer_count
    from cosines
    cross join directions

),

ranked_neighbours as (

    select
        similarities.*,
        row_number() over (
            partition by similarities.list_number, similarities.item_number
            order by similarities.similarity desc, similarities.neighbour_number
        ) as neighbour_rank
    from similarities
    inner join {{ ref('item_popularity') }} as items
        on
            similarities.list_number = items.list_number
            and similarities.neighbour_number = items.item_number
    where items.is_offered and similarities.similarity > 0

)

select
    list_number,
    item_number,
    neighbour_number,
    {{ as_ratio('similarity') }} as similarity,
    cast(common_customer_count as bigint) as common_customer_count,
    cast(neighbour_rank as int) as neighbour_rank,
    {{ as_of_date() }} as as_of_date
from ranked_neighbours
where neighbour_rank <= {{ var('recommendation_neighbours') | int }}
