{# Grain: one row per customer and resample: how often the customer is drawn. Resample 0 is the
   sample itself. The draws are those of a Poisson bootstrap, decided by a hash, so that every
   engine and every build draws the same (Chamandy et al. 2012, Estimating uncertainty for
   massive data streams). #}
{%- set poisson_steps = [
    0.36787944, 0.73575888, 0.91969860, 0.98101184, 0.99634015, 0.99940582, 0.99991676,
] -%}
with

customers as (

    select customer_id
    from {{ ref('churn_outcome') }}
    union
    select customer_id
    from {{ ref('value_outcome') }}
    union
    select customer_id
    from {{ ref('item_recommendation_outcome') }}
    union
    select customer_id
    from {{ ref('item_reorder_outcome') }}
    union
    select customer_id
    from {{ ref('category_churn_outcome') }}
    union
    select customer_id
    from {{ ref('rfm_outcome') }}

),

resamples as (
    {%- for resample in range(1, var('backtest_resamples') + 1) %}
        select {{ resample }} as resample
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

draws as (

    select
        customers.customer_id,
        resamples.resample,
        {{ hash_number("customers.customer_id || ' ' || cast(resamples.resample as "
            ~ type_text() ~ ')') }} / 4294967296.0 as uniform_number
    from customers
    cross join resamples

),

drawn as (

    select
        customer_id,
        0 as resample,
        1 as weight
    from customers
    union all
    select
        customer_id,
        resample,
        case
            {%- for step in poisson_steps %}
                when uniform_number < {{ step }} then {{ loop.index0 }}
            {%- endfor %}
            else {{ poisson_steps | length }}
        end as weight
    from draws

)

select
    customer_id,
    resample,
    weight
from drawn
where weight > 0
