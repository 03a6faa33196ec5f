{# Grain: one row per known customer, with its ABC class by monetary value and by profit. #}
{{ config(**indexed(['customer_id'])) }}
with

positive_values as (

    select
        customer_id,
        profit,
        case when monetary > 0 then monetary else 0 end as positive_monetary,
        case when profit > 0 then profit else 0 end as positive_profit,
        as_of_date
    from {{ ref('customer_activity') }}

),

running_values as (

    select
        *,
        sum(positive_monetary) over (
            order by positive_monetary desc, customer_id
            rows between unbounded preceding and current row
        ) as running_monetary,
        sum(positive_monetary) over () as total_monetary,
        sum(positive_profit) over (
            order by positive_profit desc, customer_id
            rows between unbounded preceding and current row
        ) as running_profit,
        sum(positive_profit) over () as total_profit
    from positive_values

),

-- The first positive row is A even if it alone exceeds the cut.
classed as (

    select
        *,
        case
            when positive_monetary = 0 then 'C'
            when running_monetary = positive_monetary then 'A'
            when running_monetary <= {{ exact_decimal(var('abc_cut_a')) }} * total_monetary then 'A'
            when running_monetary <= {{ exact_decimal(var('abc_cut_b')) }} * total_monetary then 'B'
            else 'C'
        end as abc_revenue,
        case
            when profit is null then null
            when positive_profit = 0 then 'C'
            when running_profit = positive_profit then 'A'
            when running_profit <= {{ exact_decimal(var('abc_cut_a')) }} * total_profit then 'A'
            when running_profit <= {{ exact_decimal(var('abc_cut_b')) }} * total_profit then 'B'
            else 'C'
        end as abc_profit
    from running_values

)

select
    customer_id,
    abc_revenue,
    abc_profit,
    abc_revenue || abc_profit as abc_combined,
    as_of_date
from classed
