{# All raw columns of a row as one text that sorts as the columns do, one after the other: a control
   character that sorts before any letter stands between them, and a missing value is empty. #}
{% macro raw_text(columns) -%}
    {%- for column in columns -%}
        coalesce({{ column }}, ''){{ ' || chr(1) || ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
