{# Grain: one row per sales channel: listed ones, those that only invoices name, and the unknown
   one. #}
with

listed_channels as (

    select channel_id, channel_name
    from {{ ref('int_channels_judged') }}
    where rejection_reason is null

),

unlisted_channels as (

    select invoices.channel_id
    from {{ ref('int_invoices_assembled') }} as invoices
    left join listed_channels
        on invoices.channel_id = listed_channels.channel_id
    where invoices.channel_id is not null and listed_channels.channel_id is null
    group by invoices.channel_id

)

select
    channel_id,
    coalesce(channel_name, channel_id) as channel_name,
    true as is_listed
from listed_channels
union all
select
    channel_id,
    channel_id as channel_name,
    false as is_listed
from unlisted_channels
union all
select
    '__unknown__' as channel_id,
    'Unknown channel' as channel_name,
    false as is_listed
