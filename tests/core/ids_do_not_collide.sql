{# Guards that one id means one thing: two connectors that use the same id need an id_prefix. #}
with

ids as (
    select
        'invoice' as entity,
        invoice_id as id,
        source_system
    from {{ ref('int_invoices_assembled') }}
    union all
    select
        'customer' as entity,
        customer_id as id,
        source_system
    from {{ ref('int_invoices_assembled') }}
    union all
    select
        'customer' as entity,
        customer_id as id,
        source_system
    from {{ ref('int_customers_judged') }}
    union all
    select
        'location' as entity,
        location_id as id,
        source_system
    from {{ ref('int_invoices_assembled') }}
    union all
    select
        'location' as entity,
        location_id as id,
        source_system
    from {{ ref('int_locations_judged') }}
    union all
    select
        'channel' as entity,
        channel_id as id,
        source_system
    from {{ ref('int_invoices_assembled') }}
    union all
    select
        'sales_rep' as entity,
        sales_rep_id as id,
        source_system
    from {{ ref('int_invoices_assembled') }}
    union all
    select
        'item' as entity,
        item_id as id,
        source_system
    from {{ ref('int_items_judged') }}
    union all
    select
        'item' as entity,
        item_id as id,
        source_system
    from {{ ref('int_inventory_snapshots_judged') }}
    union all
    select
        'location' as entity,
        location_id as id,
        source_system
    from {{ ref('int_inventory_snapshots_judged') }}
    union all
    select
        'category' as entity,
        category_id as id,
        source_system
    from {{ ref('int_items_judged') }}
    union all
    select
        'category' as entity,
        category_id as id,
        source_system
    from {{ ref('int_invoice_lines_judged') }}
    union all
    select
        'item' as entity,
        item_id as id,
        source_system
    from {{ ref('int_invoice_lines_judged') }}
    union all
    select
        'invoice_line' as entity,
        invoice_line_id as id,
        source_system
    from {{ ref('int_invoice_lines_judged') }}
    where rejection_reason is null
)

select
    entity,
    id,
    min(source_system) as first_connector,
    max(source_system) as second_connector
from ids
where id is not null
group by entity, id
having min(source_system) <> max(source_system)
