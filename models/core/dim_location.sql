{# Grain: one row per location: listed ones, those that only invoices or stock counts name, and
   the unknown one. #}
with

listed_locations as (

    select location_id, location_name, region, country
    from {{ ref('int_locations_judged') }}
    where rejection_reason is null

),

named_locations as (

    select location_id, location_country
    from {{ ref('int_invoices_assembled') }}
    where location_id is not null
    union all
    select location_id, cast(null as {{ type_text() }}) as location_country
    from {{ ref('int_inventory_snapshots_judged') }}
    where rejection_reason is null and location_id is not null

),

unlisted_locations as (

    select
        named_locations.location_id,
        max(named_locations.location_country) as location_country
    from named_locations
    left join listed_locations
        on named_locations.location_id = listed_locations.location_id
    where listed_locations.location_id is null
    group by named_locations.location_id

)

select
    location_id,
    coalesce(location_name, location_id) as location_name,
    region,
    country,
    true as is_listed
from listed_locations
union all
select
    location_id,
    coalesce(location_country, location_id) as location_name,
    cast(null as {{ type_text() }}) as region,
    location_country as country,
    false as is_listed
from unlisted_locations
union all
select
    '__unknown__' as location_id,
    'Unknown location' as location_name,
    cast(null as {{ type_text() }}) as region,
    cast(null as {{ type_text() }}) as country,
    false as is_listed
