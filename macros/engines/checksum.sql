{% macro checksum(columns) -%}
    {{ return(adapter.dispatch('checksum')(columns)) }}
{%- endmacro %}

{# A sum and no exclusive or: two equal rows would cancel each other. As a decimal, because a sum of
   large integers overflows. #}
{% macro default__checksum(columns) -%}
    sum(cast({{ row_hash(columns) }} as decimal(38, 0)))
{%- endmacro %}

{# The sum of bigint is numeric here. https://www.postgresql.org/docs/current/functions-aggregate.html #}
{% macro postgres__checksum(columns) -%}
    sum({{ row_hash(columns) }})
{%- endmacro %}
