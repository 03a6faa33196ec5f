{# Grain: one row per customer: listed ones, those that only invoices name, and the unknown one. #}
{{ config(**indexed(['customer_id', 'sales_rep_id'])) }}
with

listed_customers as (

    select *
    from {{ ref('int_customers_judged') }}
    where rejection_reason is null

),

customer_codes as (

    select customer_id
    from {{ ref('fct_invoice') }}
    where customer_id <> '__unknown__'
    union
    select customer_id
    from listed_customers

),

-- All that is derived from invoices reads them up to the clock and no further.
invoices as (

    select
        customer_id,
        invoice_id,
        invoice_date,
        invoice_at,
        location_id,
        sales_rep_id,
        sale_line_count
    from {{ ref('fct_invoice') }}
    where invoice_date <= {{ as_of_date() }}

),

invoice_dates as (

    select
        customer_id,
        min(invoice_date) as first_invoice_date,
        max(invoice_date) as last_invoice_date
    from invoices
    group by customer_id

),

location_counts as (

    select
        customer_id,
        location_id,
        count(*) as invoice_count
    from invoices
    where location_id <> '__unknown__'
    group by customer_id, location_id

),

main_locations as (

    select
        customer_id,
        location_id,
        row_number() over (partition by customer_id order by invoice_count desc, location_id)
            as location_rank
    from location_counts

),

sales_reps_of_sales as (

    select
        customer_id,
        sales_rep_id,
        row_number() over (
            partition by customer_id
            order by invoice_date desc, invoice_at desc nulls last, invoice_id desc
        ) as sale_rank
    from invoices
    where sale_line_count > 0

)

select
    customer_codes.customer_id,
    coalesce(listed_customers.customer_name, customer_codes.customer_id) as customer_name,
    listed_customers.email,
    listed_customers.region,
    -- Only a line file's location, which is a country, says where its customers are.
    coalesce(
        listed_customers.country, case when not locations.is_listed then locations.country end
    ) as country,
    listed_customers.customer_segment,
    coalesce(
        listed_customers.sales_rep_id, nullif(sales_reps_of_sales.sales_rep_id, '__unknown__')
    ) as sales_rep_id,
    main_locations.location_id,
    listed_customers.credit_limit,
    listed_customers.sign_up_date,
    invoice_dates.first_invoice_date,
    invoice_dates.last_invoice_date,
    listed_customers.customer_id is not null as is_listed,
    -- Without any invoice there is no clock, and nothing that a mart could be as of.
    {{ as_of_date() }} is not null
    and (listed_customers.customer_id is not null or invoice_dates.customer_id is not null)
        as is_known
from customer_codes
left join listed_customers
    on customer_codes.customer_id = listed_customers.customer_id
left join invoice_dates
    on customer_codes.customer_id = invoice_dates.customer_id
left join main_locations
    on customer_codes.customer_id = main_locations.customer_id and main_locations.location_rank = 1
left join {{ ref('dim_location') }} as locations
    on main_locations.location_id = locations.location_id
left join sales_reps_of_sales
    on
        customer_codes.customer_id = sales_reps_of_sales.customer_id
        and sales_reps_of_sales.sale_rank = 1

union all

select
    '__unknown__' as customer_id,
    'Unknown customer' as customer_name,
    cast(null as {{ type_text() }}) as email,
    cast(null as {{ type_text() }}) as region,
    cast(null as {{ type_text() }}) as country,
    cast(null as {{ type_text() }}) as customer_segment,
    cast(null as {{ type_text() }}) as sales_rep_id,
    cast(null as {{ type_text() }}) as location_id,
    cast(null as {{ type_money() }}) as credit_limit,
    cast(null as date) as sign_up_date,
    min(invoice_date) as first_invoice_date,
    max(invoice_date) as last_invoice_date,
    false as is_listed,
    false as is_known
from invoices
where customer_id = '__unknown__'
