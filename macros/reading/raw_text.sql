{% macro raw_text(columns) -%}
    {%- for column in columns -%}
        coalesce({{ column | lower | replace(' ', '_') }}, ''){{ ' || chr(1) || ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
