{# Guards that every known customer, and no other, has a row in each mart of all customers, and
   every buyer in customer_rfm and, active, in the first month of a cohort. #}
with

buyers as (

    select customer_id
    from {{ ref('fct_invoice_line') }}
    where line_type = 'sale' and customer_id <> '__unknown__' and invoice_date <= {{ as_of_date() }}
    group by customer_id

),

expected_customers as (

    select
        'customer_360' as mart,
        customer_id
    from {{ ref('dim_customer') }}
    where is_known
    union all
    select
        'share_of_wallet' as mart,
        customer_id
    from {{ ref('dim_customer') }}
    where is_known
    union all
    select
        'customer_rfm' as mart,
        customer_id
    from buyers
    union all
    select
        'customer_month' as mart,
        customer_id
    from buyers

),

mart_customers as (

    select
        'customer_360' as mart,
        customer_id
    from {{ ref('customer_360') }}
    union all
    select
        'share_of_wallet' as mart,
        customer_id
    from {{ ref('share_of_wallet') }}
    union all
    select
        'customer_rfm' as mart,
        customer_id
    from {{ ref('customer_rfm') }}
    union all
    select
        'customer_month' as mart,
        customer_id
    from {{ ref('customer_month') }}
    where is_active and period_month = cohort_month

)

select
    expected_customers.mart as expected_mart,
    expected_customers.customer_id as expected_customer_id,
    mart_customers.mart,
    mart_customers.customer_id
from expected_customers
full outer join mart_customers
    on
        expected_customers.mart = mart_customers.mart
        and expected_customers.customer_id = mart_customers.customer_id
where expected_customers.customer_id is null or mart_customers.customer_id is null
