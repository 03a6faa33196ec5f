{% macro raw_column(table, column) -%}
    {%- set mapping = {} if var('use_demo_data') else var('dw_columns').get(table, {}) -%}
    {%- set physical_name = mapping.get(column, column) -%}
    {%- if physical_name is none or is_absent_table(table) -%}
        cast(null as {{ type_text() }})
    {%- else -%}
        {{ as_plain_text(adapter.quote(physical_name)) }}
    {%- endif -%}
{%- endmacro %}
