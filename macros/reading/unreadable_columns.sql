{% macro unreadable_columns(numbers=[], dates=[], times=[], booleans=[]) -%}
    {%- set checks = [] -%}
    {%- for column in numbers -%}
        {%- do checks.append((column, 'not ' ~ matches(trim_blanks(column), var('number_pattern')))) -%}
    {%- endfor -%}
    {%- for column in dates -%}
        {%- do checks.append((column, 'not ' ~ matches(trim_blanks(column), var('date_pattern')))) -%}
    {%- endfor -%}
    {%- for column in times -%}
        {%- do checks.append((column, 'not ' ~ matches(trim_blanks(column), var('time_pattern')))) -%}
    {%- endfor -%}
    {%- for column in booleans -%}
        {%- do checks.append((column, read_boolean(column) ~ ' is null')) -%}
    {%- endfor -%}
    trim(
        {%- for column, cannot_be_read in checks %}
        case
            when {{ read_text(column) }} is not null and {{ cannot_be_read }} then '{{ column }} ' else ''
        end{{ ' ||' if not loop.last }}
        {%- else %} '' {%- endfor %}
    )
{%- endmacro %}
