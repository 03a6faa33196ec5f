{# Grain: one row, the four parameters of the BG/NBD model (Fader, Hardie and Lee 2005) that make
   the order days of all customers likeliest. None where nobody ever ordered.

   The search goes over the logarithms of four numbers that hardly depend on each other: the shape
   of the order rates, their mean, the odds that an order is the last, and how alike customers are
   in that. Each round tries 3 x 3 x 3 x 3 points around the best so far, with shorter steps than
   the round before. Customers can be much alike, in their rates or in leaving, and the first and
   the last number then far from where the search begins: their steps are longer. A weak prior,
   worth less than one customer, keeps a company without repeat orders from running off to
   infinity. #}
{%- set round_count = 10 -%}
with

observed as (

    select
        sum(customer_count) as customer_count,
        ln({{ divide(
            'sum(repeat_count * customer_count) + 0.5', 'sum(age_weeks * customer_count) + 1'
        ) }}) as log_observed_rate
    from {{ ref('bgnbd_cell') }}
    having sum(customer_count) > 0

),

-- The gamma functions know no week: they are computed for each number of repeats, not each cell.
repeats as (

    select repeat_count
    from {{ ref('bgnbd_cell') }}
    group by repeat_count

),

steps as (

    select -1 as step
    union all
    select 0 as step
    union all
    select 1 as step

),

directions as (

    select
        first_steps.step as first_step,
        second_steps.step as second_step,
        third_steps.step as third_step,
        fourth_steps.step as fourth_step,
        27 * first_steps.step + 9 * second_steps.step + 3 * third_steps.step + fourth_steps.step
            as direction_number
    from steps as first_steps
    cross join steps as second_steps
    cross join steps as third_steps
    cross join steps as fourth_steps

),

best_0 as (

    select
        customer_count,
        log_observed_rate,
        {{ as_double(-0.3) }} as log_shape,
        log_observed_rate + {{ as_double(0.7) }} as log_rate,
        {{ as_double(-2.5) }} as log_drop_odds,
        {{ as_double(1) }} as log_drop_size
    from observed

),
{% for round in range(1, round_count + 1) %}
    {%- set step_length = as_double('%.12f' | format(1.2 * 0.58 ** (round - 1))) %}
    points_{{ round }} as (

        select
            directions.direction_number,
            best.customer_count,
            best.log_observed_rate,
            best.log_shape + directions.first_step * 2 * {{ step_length }} as log_shape,
            best.log_rate + directions.second_step * {{ step_length }} as log_rate,
            best.log_drop_odds + directions.third_step * 1.5 * {{ step_length }} as log_drop_odds,
            best.log_drop_size + directions.fourth_step * 2.5 * {{ step_length }} as log_drop_size
        from best_{{ round - 1 }} as best
        cross join directions

    ),

    parameters_{{ round }} as (

        select
            *,
            exp(log_shape) as rate_shape,
            exp(log_shape - log_rate) as rate_scale,
            exp(log_drop_size) * {{ logistic('log_drop_odds') }} as drop_a,
            exp(log_drop_size) * {{ logistic('-log_drop_odds') }} as drop_b
        from points_{{ round }}
        {{ optimization_fence() }}

    ),

    constants_{{ round }} as (

        select
            *,
            rate_shape * ln(rate_scale) - {{ log_gamma('rate_shape') }} as shape_constant,
            {{ log_gamma('(drop_a + drop_b)') }} - {{ log_gamma('drop_b') }} as drop_constant,
            -(
                power(log_shape + 0.3, 2) + power(log_rate - log_observed_rate - 0.7, 2)
                + power(log_drop_odds + 2.5, 2) + power(log_drop_size - 1, 2)
            ) / 18 as log_prior
        from parameters_{{ round }}
        {{ optimization_fence() }}

    ),

    gamma_terms_{{ round }} as (

        select
            constants.*,
            repeats.repeat_count,
            constants.shape_constant + constants.drop_constant
            + {{ log_gamma('(constants.rate_shape + repeats.repeat_count)') }}
            + {{ log_gamma('(constants.drop_b + repeats.repeat_count)') }}
            - {{ log_gamma('(constants.drop_a + constants.drop_b + repeats.repeat_count)') }}
                as gamma_term
        from constants_{{ round }} as constants
        cross join repeats
        {{ optimization_fence() }}

    ),

    -- A direction's own columns are alike in its rows; to group by one whole number is cheaper.
    likelihoods_{{ round }} as (

        select
            terms.direction_number,
            max(terms.customer_count) as customer_count,
            max(terms.log_observed_rate) as log_observed_rate,
            max(terms.log_shape) as log_shape,
            max(terms.log_rate) as log_rate,
            max(terms.log_drop_odds) as log_drop_odds,
            max(terms.log_drop_size) as log_drop_size,
        {{ as_ratio(
            '(max(terms.log_prior) + ' ~ as_double('sum(' ~ as_ratio(
                'cells.customer_count * '
                ~ bgnbd_log_likelihood('cells.repeat_count', 'cells.last_week', 'cells.age_weeks')
            ) ~ ')') ~ ') / max(terms.customer_count)'
        ) }} as log_likelihood
        from gamma_terms_{{ round }} as terms
        inner join {{ ref('bgnbd_cell') }} as cells
            on terms.repeat_count = cells.repeat_count
        group by terms.direction_number

    ),

    ranked_{{ round }} as (

        select
            *,
            row_number() over (order by log_likelihood desc, direction_number) as likelihood_rank
        from likelihoods_{{ round }}

    ),

    best_{{ round }} as (

        select
            customer_count,
            log_observed_rate,
            log_shape,
            log_rate,
            log_drop_odds,
            log_drop_size,
            log_likelihood
        from ranked_{{ round }}
        where likelihood_rank = 1

    ),
{% endfor %}
final as (

    select
        {{ as_ratio('exp(log_shape)') }} as rate_shape,
        {{ as_ratio('exp(log_shape - log_rate)') }} as rate_scale,
        {{ as_ratio('exp(log_drop_size) * ' ~ logistic('log_drop_odds')) }} as drop_a,
        {{ as_ratio('exp(log_drop_size) * ' ~ logistic('-log_drop_odds')) }} as drop_b,
        log_likelihood,
        cast(customer_count as bigint) as customer_count,
        {{ as_of_date() }} as as_of_date
    from best_{{ round_count }}

)

select * from final
