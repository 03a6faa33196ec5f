{# Grain: one row per sales rep: listed ones, those that only invoices, customers or their own
   reps name, and the unknown one. #}
with

listed_reps as (

    select sales_rep_id, sales_rep_name, email, region, manager_id
    from {{ ref('int_sales_reps_judged') }}
    where rejection_reason is null

),

named_reps as (

    select sales_rep_id
    from {{ ref('int_invoices_assembled') }}
    where sales_rep_id is not null
    union all
    select sales_rep_id
    from {{ ref('int_customers_judged') }}
    where rejection_reason is null and sales_rep_id is not null
    union all
    select manager_id as sales_rep_id
    from listed_reps
    where manager_id is not null

),

unlisted_reps as (

    select named_reps.sales_rep_id
    from named_reps
    left join listed_reps
        on named_reps.sales_rep_id = listed_reps.sales_rep_id
    where listed_reps.sales_rep_id is null
    group by named_reps.sales_rep_id

)

select
    sales_rep_id,
    coalesce(sales_rep_name, sales_rep_id) as sales_rep_name,
    email,
    region,
    manager_id,
    true as is_listed
from listed_reps
union all
select
    sales_rep_id,
    sales_rep_id as sales_rep_name,
    cast(null as {{ type_text() }}) as email,
    cast(null as {{ type_text() }}) as region,
    cast(null as {{ type_text() }}) as manager_id,
    false as is_listed
from unlisted_reps
union all
select
    '__unknown__' as sales_rep_id,
    'Unknown sales rep' as sales_rep_name,
    cast(null as {{ type_text() }}) as email,
    cast(null as {{ type_text() }}) as region,
    cast(null as {{ type_text() }}) as manager_id,
    false as is_listed
