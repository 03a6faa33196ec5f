{# A text column trimmed; empty text is null. #}
{% macro read_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}
