{% macro read_timestamp(column) -%}
    case
        when {{ matches(trim_blanks(column), var('date_pattern')) }} and length({{ trim_blanks(column) }}) > 10
            then cast(
                substring({{ trim_blanks(column) }}, 1, 10) || ' ' || substring({{ trim_blanks(column) }}, 12, 8) as timestamp
            )
    end
{%- endmacro %}
