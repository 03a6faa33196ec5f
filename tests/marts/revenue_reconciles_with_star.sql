{# Guards that each sales mart holds all revenue, unknown members included, to the last decimal,
   and no row after the clock. #}
{%- set marts = [
    'daily_sales', 'daily_category_sales', 'daily_item_sales', 'daily_region_sales',
    'hourly_sales', 'revenue_by_channel', 'revenue_by_category', 'category_margin_monthly',
    'product_performance', 'sales_by_hour', 'sales_by_weekday',
] -%}
with

star as (

    select coalesce(sum(net_amount), 0) as revenue
    from {{ ref('fct_invoice_line') }}
    where invoice_date <= {{ as_of_date() }}

),

mart_totals as (
    {%- for mart in marts %}
        select
            '{{ mart }}' as mart,
            coalesce(sum(revenue), 0) as revenue
        from {{ ref(mart) }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select
    mart_totals.mart,
    mart_totals.revenue,
    star.revenue as star_revenue
from mart_totals
inner join star
    on mart_totals.revenue <> star.revenue
