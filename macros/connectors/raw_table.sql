{# The raw table of a connector: a demo seed, the company's table, or, for an optional table that var
   dw_optional_tables does not list, an empty select. #}
{% macro raw_table(connector, table) -%}
    {%- if is_absent_table(table) -%}
        (select 1 as nothing where 1 = 0) as absent_table
    {%- elif connector == 'dw' and var('use_demo_data') -%}
        {{ ref(table) }}
    {%- else -%}
        {{ source(connector, table) }}
    {%- endif -%}
{%- endmacro %}
