{# Grain: one row per sales rep and customer whose rows the rep may see. It has no clock of
   its own: a customer's rep is the one that dim_customer names. #}
{{ config(**indexed(['viewer_id', 'customer_id'])) }}
{%- set levels = range(33) | list %}
with

sales_reps as (

    select sales_rep_id, manager_id
    from {{ ref('dim_sales_rep') }}
    where sales_rep_id <> '__unknown__'

),

customers as (

    select customer_id, sales_rep_id
    from {{ ref('dim_customer') }}

),

levels as (

    {% for level in levels %}
        select {{ level }} as level_number{{ ' union all' if not loop.last }}
    {% endfor %}

),

-- From each rep up: themselves, the manager, the manager's manager. A circle is walked again.
ways_up as (

    select
        level_0.sales_rep_id,
        case levels.level_number
            {% for level in levels %}
                when {{ level }} then level_{{ level }}.sales_rep_id
            {% endfor %}
        end as viewer_id
    from sales_reps as level_0
    {% for level in levels[1:] %}
        left join sales_reps as level_{{ level }}
            on level_{{ level - 1 }}.manager_id = level_{{ level }}.sales_rep_id
    {% endfor %}
    cross join levels

),

viewers as (

    select viewer_id, sales_rep_id
    from ways_up
    where viewer_id is not null
    group by viewer_id, sales_rep_id

),

managers as (

    select manager_id
    from sales_reps
    where manager_id <> sales_rep_id
    group by manager_id

)

select viewers.viewer_id, customers.customer_id
from viewers
inner join customers
    on viewers.sales_rep_id = customers.sales_rep_id

union all

-- Nobody's customers, and invoices without a customer.
select managers.manager_id as viewer_id, customers.customer_id
from managers
cross join customers
where customers.sales_rep_id is null
