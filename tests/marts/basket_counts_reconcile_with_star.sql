{# Guards that baskets are the sale invoices with a product, counted or reported as left out. #}
with

star as (

    select count(distinct invoice_id) as basket_count
    from {{ ref('fct_invoice_line') }}
    where
        line_type = 'sale'
        and is_product
        and invoice_date <= {{ as_of_date() }}
        and (
            {{ var('basket_window_days') | int }} = 0
            or invoice_date > {{ add_days(as_of_date(), -var('basket_window_days') | int) }}
        )

)

select
    star.basket_count,
    population.*
from {{ ref('basket_population') }} as population
inner join star
    on population.total_basket_count + population.left_out_basket_count <> star.basket_count
