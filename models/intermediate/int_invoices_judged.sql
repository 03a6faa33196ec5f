{# Grain: one row per raw invoice header, accepted or rejected with a reason. #}
{{ config(materialized='view') }}
with

single_rows as (

    select
        *,
        1 as place_in_key
    from {{ ref('int_invoices_checked') }}
    where not is_repeated_key

),

-- Of the headers with one number, the first that is otherwise acceptable stays.
repeated_rows as (

    select
        *,
        row_number() over (
            partition by source_system, invoice_id
            order by case when own_reason is null then 0 else 1 end, raw_text
        ) as place_in_key
    from {{ ref('int_invoices_checked') }}
    where is_repeated_key

),

ranked_rows as (

    select * from single_rows
    union all
    select * from repeated_rows

),

judged_rows as (

    select
        *,
        coalesce(own_reason, case when place_in_key > 1 then 'duplicate_key' end)
            as rejection_reason
    from ranked_rows

)

select
    source_system,
    source_table,
    source_key,
    rejection_reason,
    case when rejection_reason is not null then raw_values end as raw_values,
    unreadable_columns,
    invoice_id,
    customer_id,
    location_id,
    location_country,
    channel_id,
    sales_rep_id,
    currency_code,
    invoice_type,
    invoice_date,
    invoice_at,
    header_amount
from judged_rows
