{% test row_per_rejected_row(model) %}
with

rejected_by_judges as (
    {%- for entity in stream_columns() %}
    select
        source_table,
        coalesce(source_key, '') as source_key,
        rejection_reason,
        {{ 'net_amount' if entity == 'invoice_lines' else as_money('null') }} as net_amount
    from {{ ref('int_' ~ entity ~ '_judged') }}
    where rejection_reason is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged_counts as (

    select
        source_table,
        source_key,
        rejection_reason as reason,
        count(*) as row_count,
        sum(net_amount) as net_amount
    from rejected_by_judges
    group by source_table, source_key, rejection_reason

),

model_counts as (

    select
        source_table,
        coalesce(source_key, '') as source_key,
        reason,
        count(*) as row_count,
        sum(net_amount) as net_amount
    from {{ model }}
    group by source_table, coalesce(source_key, ''), reason

)

select *
from judged_counts
full outer join model_counts
    on
        judged_counts.source_table = model_counts.source_table
        and judged_counts.source_key = model_counts.source_key
        and judged_counts.reason = model_counts.reason
where
    coalesce(judged_counts.row_count, 0) <> coalesce(model_counts.row_count, 0)
    or coalesce(judged_counts.net_amount, 0) <> coalesce(model_counts.net_amount, 0)
{% endtest %}
