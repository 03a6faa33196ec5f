{# Grain: one row per raw stock count, accepted or rejected with a reason. #}
with

raw_rows as (
    {{ union_connectors('inventory_snapshots') }}
),

checked_rows as (

    select
        *,
        case
            when item_id is null then 'missing_key'
            {{ date_reasons('snapshot_date') }}
            when has_unreadable_number then 'unparseable_number'
            when on_hand_quantity is null then 'missing_number'
        end as own_reason
    from raw_rows

),

-- Of the rows with one key, the first that is otherwise acceptable stays.
ranked_rows as (

    select
        *,
        row_number() over (
            partition by source_system, snapshot_date, item_id, location_id
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
    snapshot_date,
    item_id,
    location_id,
    on_hand_quantity,
    on_order_quantity,
    counted_quantity,
    stockout_hours
from judged_rows
