{# What stands in front of every id of a connector (var id_prefix): a concatenation to put before the id,
   or nothing. #}
{% macro id_prefix(connector) -%}
    {%- set prefix = var('id_prefix').get(connector, '') -%}
    {%- if prefix %}'{{ prefix | replace("'", "''") }}' || {% endif -%}
{%- endmacro %}
