{% macro read_code(column) -%}
    case
        when {{ matches(trim_blanks(column), '^[0-9]+[.]0+$') }}
            then split_part({{ trim_blanks(column) }}, '.', 1)
        else {{ read_text(column) }}
    end
{%- endmacro %}
