{% macro type_text() -%}
    {{ return(adapter.dispatch('type_text')()) }}
{%- endmacro %}

{% macro default__type_text() -%} {{ dbt.type_string() }} {%- endmacro %}
