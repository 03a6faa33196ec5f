{% macro quoted_columns(columns) -%}
    {%- for column in columns -%}
        {{ adapter.quote(column) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
