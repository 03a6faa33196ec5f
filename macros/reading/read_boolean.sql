{% macro read_boolean(column) -%}
    case
        when lower({{ trim_blanks(column) }}) in ('true', 't', 'yes', 'y', '1') then true
        when lower({{ trim_blanks(column) }}) in ('false', 'f', 'no', 'n', '0') then false
    end
{%- endmacro %}
