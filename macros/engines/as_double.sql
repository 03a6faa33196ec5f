{% macro as_double(expression) -%}
    {{ return(adapter.dispatch('as_double')(expression)) }}
{%- endmacro %}

{% macro default__as_double(expression) -%} cast({{ expression }} as double) {%- endmacro %}

{# PostgreSQL calls it double precision. https://www.postgresql.org/docs/current/datatype-numeric.html #}
{% macro postgres__as_double(expression) -%} cast({{ expression }} as double precision) {%- endmacro %}
