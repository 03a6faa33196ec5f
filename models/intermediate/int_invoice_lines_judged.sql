{# Grain: one row per raw invoice line, accepted or rejected with a reason. #}
{{ config(materialized='view') }}
with

single_lines as (

    select
        *,
        1 as place_in_key
    from {{ ref('int_invoice_lines_checked') }}
    where not is_repeated_key

),

-- Of the lines with one key, the first that is otherwise acceptable stays.
repeated_lines as (

    select
        *,
        row_number() over (
            partition by source_system, invoice_line_id
            order by case when own_reason is null then 0 else 1 end, raw_text
        ) as place_in_key
    from {{ ref('int_invoice_lines_checked') }}
    where is_repeated_key

),

ranked_lines as (

    select * from single_lines
    union all
    select * from repeated_lines

),

judged_lines as (

    select
        *,
        coalesce(own_reason, case when place_in_key > 1 then 'duplicate_key' end)
            as rejection_reason
    from ranked_lines

)

select
    source_system,
    source_table,
    source_key,
    rejection_reason,
    case when rejection_reason is not null then raw_values end as raw_values,
    unreadable_columns,
    carries_header,
    invoice_line_id,
    invoice_id,
    item_id,
    item_name,
    category_id,
    category_name,
    customer_id,
    location_id,
    location_country,
    channel_id,
    sales_rep_id,
    currency_code,
    invoice_type,
    line_date as invoice_date,
    invoice_at,
    quantity,
    unit_price,
    discount_amount,
    net_amount,
    gross_amount,
    cost_amount
from judged_lines
