{% macro trim_blanks(text_expression) -%}
    trim(both ' ' || chr(9) || chr(10) || chr(13) || chr(160) from {{ text_expression }})
{%- endmacro %}
