{# Grain: one row per accepted stock count of an item at a location on a day. #}
{{ config(**indexed(['item_id', 'snapshot_date'])) }}
select
    snapshot_date,
    item_id,
    coalesce(location_id, '__unknown__') as location_id,
    source_system,
    on_hand_quantity,
    on_order_quantity,
    counted_quantity,
    stockout_hours
from {{ ref('int_inventory_snapshots_judged') }}
where rejection_reason is null
