{# Grain: one row per known customer and category with spend in the previous window. #}
{{ config(**indexed(['customer_id', 'category_id'])) }}
select
    customer_id,
    category_id,
    recent_spend,
    prev_spend,
    {{ as_bounded_ratio(divide('recent_spend', 'prev_spend')) }} as spend_ratio,
    {{ as_ratio('least(greatest(1 - ' ~ divide('recent_spend', 'prev_spend') ~ ', 0), 1)') }}
        as drop_pct,
    case
        when recent_spend < {{ exact_decimal(var('churn_drop_threshold')) }} * prev_spend then 1
        else 0
    end as churn_flag,
    cast(recent_invoices as bigint) as recent_invoices,
    cast(prev_invoices as bigint) as prev_invoices,
    as_of_date
from {{ ref('customer_category_activity') }}
where prev_spend > 0
