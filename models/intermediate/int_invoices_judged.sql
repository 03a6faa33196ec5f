{# Grain: one row per raw invoice header, accepted or rejected with a reason. #}
with

raw_rows as (
    {{ union_connectors('invoices') }}
),

typed_rows as (

    select
        raw_rows.*,
        invoice_types.invoice_type
    from raw_rows
    left join {{ ref('invoice_types') }} as invoice_types
        on raw_rows.source_invoice_type = {{ lower_case('trim(invoice_types.source_type)') }}

),

checked_rows as (

    select
        *,
        case
            when invoice_id is null then 'missing_key'
            {{ date_reasons('invoice_date') }}
            when invoice_type is null then 'unknown_invoice_type'
        end as own_reason
    from typed_rows

),

-- Of the headers with one number, the first that is otherwise acceptable stays.
ranked_rows as (

    select
        *,
        row_number() over (
            partition by source_system, invoice_id
            order by case when own_reason is null then 0 else 1 end, raw_text
        ) as place_in_key
    from checked_rows

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
