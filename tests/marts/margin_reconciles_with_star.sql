{# Guards that each mart with a margin holds all of it, from the lines whose cost is known. #}
{%- set marts = [
    'daily_sales', 'revenue_by_channel', 'category_margin_monthly', 'product_performance',
] -%}
with

star as (

    select coalesce(sum(net_amount - cost_amount), 0) as margin_amount
    from {{ ref('fct_invoice_line') }}
    where invoice_date <= {{ as_of_date() }}

),

mart_totals as (
    {%- for mart in marts %}
        select
            '{{ mart }}' as mart,
            coalesce(sum(margin_amount), 0) as margin_amount
        from {{ ref(mart) }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select
    mart_totals.mart,
    mart_totals.margin_amount,
    star.margin_amount as star_margin_amount
from mart_totals
inner join star
    on mart_totals.margin_amount <> star.margin_amount
