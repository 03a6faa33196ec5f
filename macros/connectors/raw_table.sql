{% macro raw_table(connector, table) -%}
    {%- if is_absent_table(table) -%}
        (select 1 as nothing where 1 = 0) as absent_table
    {%- elif connector == 'dw' and var('use_demo_data') -%}
        {{ ref(table) }}
    {%- else -%}
        {{ source(connector, table) }}
    {%- endif -%}
{%- endmacro %}
