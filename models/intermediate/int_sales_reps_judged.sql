{# Grain: one row per raw sales rep of a list of reps, accepted or rejected with a reason. #}
with

raw_rows as (
    {{ union_connectors('sales_reps') }}
),

checked_rows as (

    select
        *,
        case
            when sales_rep_id is null then 'missing_key'
        end as own_reason
    from raw_rows

),

-- Of the rows with one key, the first that is otherwise acceptable stays.
ranked_rows as (

    select
        *,
        row_number() over (
            partition by source_system, sales_rep_id
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
    sales_rep_id,
    sales_rep_name,
    email,
    region,
    manager_id
from judged_rows
