{# Grain: one row per category of an item, and the one for items without. #}
with

category_names as (

    select
        category_id,
        max(category_name) as category_name
    from {{ ref('int_invoice_lines_judged') }}
    where rejection_reason is null and category_name is not null
    group by category_id

),

categories as (

    select category_id
    from {{ ref('dim_item') }}
    where category_id <> '__uncategorised__'
    group by category_id

)

select
    categories.category_id,
    coalesce(category_names.category_name, categories.category_id) as category_name
from categories
left join category_names
    on categories.category_id = category_names.category_id
union all
select
    '__uncategorised__' as category_id,
    'Uncategorised' as category_name
