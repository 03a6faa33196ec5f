{% macro id_prefix(connector) -%}
    {%- if connector in var('id_prefix') %}{{ id_prefix_literal(connector) }} || {% endif -%}
{%- endmacro %}
