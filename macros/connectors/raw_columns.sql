{% macro raw_columns(table, columns) -%}
    {%- for column in columns %}
        {{ raw_column(table, column) }} as {{ column | lower | replace(' ', '_') }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
