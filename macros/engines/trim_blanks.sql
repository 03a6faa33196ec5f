{% macro trim_blanks(text_expression) -%}
    {{ return(adapter.dispatch('trim_blanks')(text_expression)) }}
{%- endmacro %}

{% macro default__trim_blanks(text_expression) -%}
    trim(both ' ' || chr(9) || chr(10) || chr(13) || chr(160) from {{ text_expression }})
{%- endmacro %}

{# To look whether text has anything but visible ASCII takes a third of the time of trimming it. #}
{% macro duckdb__trim_blanks(text_expression) -%}
    case
        when regexp_matches({{ text_expression }}, '^[!-~]*$') then {{ text_expression }}
        else {{ default__trim_blanks(text_expression) }}
    end
{%- endmacro %}
