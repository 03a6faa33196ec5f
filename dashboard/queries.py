"""All SQL of the page: a constant a question, in the words of the marts.

Tables are named without a schema and hold the rows of the viewer who asks (warehouse.py). Values
are named as `$name`; a filter that is not set is null. A query picks, joins names, adds up additive
columns and counts distinct ids: what a number means is said by the marts.
"""

# --- The frame: what the numbers are of, and who looks ----------------------------------------

FRAME = """
select
    clock.as_of_date,
    clock.first_invoice_date,
    (select max(currency_code) from fct_invoice) as currency_code
from clock
"""

SALES_REP_BY_EMAIL = """
select
    reps.sales_rep_id,
    reps.sales_rep_name,
    exists (
        select 1 from dim_sales_rep as others where others.manager_id = reps.sales_rep_id
    ) as is_manager
from dim_sales_rep as reps
where lower(trim(reps.email)) = $email
order by reps.sales_rep_id
"""

LOCATIONS = """
select location_id, location_name
from dim_location
where location_id in (select location_id from fct_invoice)
order by location_name, location_id
"""

CATEGORIES = """
select category_id, category_name
from dim_category
order by category_name, category_id
"""

# --- Overview ---------------------------------------------------------------------------------

OVERVIEW_CARDS = """
with

invoices as (

    select
        invoice_date >= $start_date as is_current,
        customer_id,
        sale_line_count > 0 as is_order,
        net_amount,
        costed_amount,
        margin_amount
    from fct_invoice
    where
        line_count > 0
        and invoice_date between $previous_start and $end_date
        and (cast($location as text) is null or location_id = $location)

)

select
    is_current,
    sum(net_amount) as revenue,
    count(case when is_order then 1 end) as order_count,
    count(distinct case when is_order then nullif(customer_id, '__unknown__') end)
        as customer_count,
    sum(net_amount) / nullif(count(case when is_order then 1 end), 0) as average_order_value,
    sum(margin_amount) as margin_amount,
    sum(margin_amount) / nullif(sum(costed_amount), 0) as margin_ratio,
    sum(costed_amount) / nullif(sum(net_amount), 0) as costed_ratio
from invoices
group by is_current
"""

OVERVIEW_TREND = """
select
    cast(date_trunc($grain, invoice_date) as date) as period_start,
    sum(net_amount) as revenue,
    count(case when sale_line_count > 0 then 1 end) as order_count,
    cast(date_trunc($grain, invoice_date) as date) >= $start_date
    and cast(date_trunc($grain, invoice_date) as date)
    < cast(date_trunc($grain, cast($end_date as date) + 1) as date) as is_complete
from fct_invoice
where
    line_count > 0
    and invoice_date between $start_date and $end_date
    and (cast($location as text) is null or location_id = $location)
group by cast(date_trunc($grain, invoice_date) as date)
order by period_start
"""

REVENUE_BY_REGION = """
select
    coalesce(customers.region, 'No region') as name,
    customers.region as region,
    sum(invoices.net_amount) as revenue
from fct_invoice as invoices
inner join dim_customer as customers on invoices.customer_id = customers.customer_id
where
    invoices.invoice_date between $start_date and $end_date
    and (cast($location as text) is null or invoices.location_id = $location)
group by customers.region
order by revenue desc, name
"""

REVENUE_BY_LOCATION = """
select
    locations.location_name as name,
    invoices.location_id,
    sum(invoices.net_amount) as revenue
from fct_invoice as invoices
inner join dim_location as locations on invoices.location_id = locations.location_id
where
    invoices.invoice_date between $start_date and $end_date
    and (cast($location as text) is null or invoices.location_id = $location)
group by locations.location_name, invoices.location_id
order by revenue desc, invoices.location_id
"""

REVENUE_BY_CHANNEL = """
select
    channels.channel_name as name,
    invoices.channel_id,
    sum(invoices.net_amount) as revenue
from fct_invoice as invoices
inner join dim_channel as channels on invoices.channel_id = channels.channel_id
where
    invoices.invoice_date between $start_date and $end_date
    and (cast($location as text) is null or invoices.location_id = $location)
group by channels.channel_name, invoices.channel_id
order by revenue desc, invoices.channel_id
"""

REVENUE_BY_CATEGORY = """
with

sales as (

    select category_id, sum(net_amount) as revenue
    from fct_invoice_line
    where
        invoice_date between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by category_id

)

select categories.category_name as name, sales.category_id, sales.revenue
from sales
inner join dim_category as categories on sales.category_id = categories.category_id
order by sales.revenue desc, sales.category_id
"""

TOP_PRODUCTS = """
with

sales as (

    select
        item_id,
        sum(net_amount) as revenue,
        sum(case when line_type in ('sale', 'return') then quantity end) as quantity,
        count(distinct case when line_type = 'sale' then invoice_key end) as order_count
    from fct_invoice_line
    where
        is_product
        and invoice_date between $start_date and $end_date
        and (cast($location as text) is null or location_id = $location)
    group by item_id

)

select items.item_name as name, sales.item_id, sales.revenue, sales.quantity, sales.order_count
from sales
inner join dim_item as items on sales.item_id = items.item_id
order by sales.revenue desc, sales.item_id
limit 10
"""

# Additive by day, location and item: what a spreadsheet adds up further.
SALES_EXPORT = """
select
    lines.invoice_date,
    locations.location_name,
    items.item_name,
    sum(case when lines.line_type in ('sale', 'return') then lines.quantity end) as quantity,
    sum(lines.net_amount) as revenue,
    count(distinct case when lines.line_type = 'sale' then lines.invoice_key end) as order_count
from fct_invoice_line as lines
inner join dim_location as locations on lines.location_id = locations.location_id
inner join dim_item as items on lines.item_id = items.item_id
where
    lines.invoice_date between $start_date and $end_date
    and (cast($location as text) is null or lines.location_id = $location)
group by lines.invoice_date, locations.location_name, items.item_name, lines.item_id
order by lines.invoice_date, locations.location_name, items.item_name, lines.item_id
"""

INSIGHTS = """
select
    count(*) as customer_count,
    count(churn_probability) as churn_scored_count,
    count(case when churn_band = 'high' then 1 end) as high_risk_count,
    count(predicted_value) as value_scored_count,
    avg(predicted_value) as average_predicted_value
from customer_360
"""

LARGEST_OPPORTUNITIES = """
select
    actions.customer_id,
    customers.customer_name,
    actions.action_type,
    actions.expected_value,
    actions.reason
from next_best_action as actions
inner join customer_360 as customers on actions.customer_id = customers.customer_id
where not actions.is_holdout
order by actions.expected_value desc, actions.customer_id, actions.action_id
limit 5
"""
