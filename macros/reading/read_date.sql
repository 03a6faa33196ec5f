{% macro read_date(column) -%}
    case
        when {{ matches(trim_blanks(column), var('date_pattern')) }}
            then cast(substring({{ trim_blanks(column) }}, 1, 10) as date)
    end
{%- endmacro %}
