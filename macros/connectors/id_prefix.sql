{% macro id_prefix(connector) -%}
    {%- set prefix = var('id_prefix').get(connector, '') -%}
    {%- if prefix %}'{{ prefix | replace("'", "''") }}' || {% endif -%}
{%- endmacro %}
