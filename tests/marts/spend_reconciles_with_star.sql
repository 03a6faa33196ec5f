{# Guards that customer marts hold all sales and returns of known customers, each within what it
   is about: all customers, buyers, or the categories of products. #}
with

spend_lines as (

    select
        lines.customer_id,
        lines.category_id,
        lines.invoice_date,
        lines.line_type,
        lines.net_amount
    from {{ ref('fct_invoice_line') }} as lines
    where
        lines.line_type in ('sale', 'return')
        and lines.customer_id <> '__unknown__'
        and lines.invoice_date <= {{ as_of_date() }}

),

buyers as (

    select
        customer_id,
        {{ month_start('min(invoice_date)') }} as cohort_month
    from spend_lines
    where line_type = 'sale'
    group by customer_id

),

star as (

    select
        'share_of_wallet' as mart,
        coalesce(sum(net_amount), 0) as amount
    from spend_lines
    union all
    select
        'category_penetration' as mart,
        coalesce(sum(net_amount), 0) as amount
    from spend_lines
    where category_id <> '__uncategorised__'
    union all
    select
        'cohort_retention' as mart,
        coalesce(sum(spend_lines.net_amount), 0) as amount
    from spend_lines
    inner join buyers
        on
            spend_lines.customer_id = buyers.customer_id
            and spend_lines.invoice_date >= buyers.cohort_month

),

mart_totals as (

    select
        'share_of_wallet' as mart,
        coalesce(sum(actual_spend), 0) as amount
    from {{ ref('share_of_wallet') }}
    union all
    select
        'category_penetration' as mart,
        coalesce(sum(total_spend), 0) as amount
    from {{ ref('category_penetration') }}
    union all
    select
        'cohort_retention' as mart,
        coalesce(sum(revenue), 0) as amount
    from {{ ref('cohort_retention') }}

)

select
    star.mart,
    star.amount as star_amount,
    mart_totals.amount as mart_amount
from star
inner join mart_totals
    on star.mart = mart_totals.mart
where star.amount <> mart_totals.amount
