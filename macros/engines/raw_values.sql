{% macro raw_values(columns) -%}
    {{ return(adapter.dispatch('raw_values')(columns)) }}
{%- endmacro %}

{% macro default__raw_values(columns) -%}
    cast(json_object(
        {%- for column in columns %}'{{ column }}', {{ column | lower | replace(' ', '_') }}{{ ', ' if not loop.last }}{% endfor -%}
    ) as varchar)
{%- endmacro %}

{# https://www.postgresql.org/docs/current/functions-json.html: json_build_object exists in all supported versions. #}
{% macro postgres__raw_values(columns) -%}
    cast(json_build_object(
        {%- for column in columns %}'{{ column }}', {{ column | lower | replace(' ', '_') }}{{ ', ' if not loop.last }}{% endfor -%}
    ) as text)
{%- endmacro %}

{# https://spark.apache.org/docs/latest/api/sql/index.html#to_json leaves nulls out unless told. #}
{% macro spark__raw_values(columns) -%}
    to_json(
        named_struct(
            {%- for column in columns %}'{{ column }}', {{ column | lower | replace(' ', '_') }}{{ ', ' if not loop.last }}{% endfor -%}
        ),
        map('ignoreNullFields', 'false')
    )
{%- endmacro %}
