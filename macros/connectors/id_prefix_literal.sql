{% macro id_prefix_literal(connector) -%}
    '{{ var("id_prefix").get(connector, "") | replace("'", "''") }}'
{%- endmacro %}
