{% macro read_text(column) -%}
    nullif({{ trim_blanks(column) }}, '')
{%- endmacro %}
