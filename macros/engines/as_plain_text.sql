{% macro as_plain_text(column) -%}
    {{ return(adapter.dispatch('as_plain_text')(column)) }}
{%- endmacro %}

{# https://duckdb.org/docs/stable/sql/functions/utility: typeof() is known before the first row is read. #}
{% macro default__as_plain_text(column) -%}
    case
        when typeof({{ column }}) in ('DOUBLE', 'FLOAT')
            then coalesce(
                cast(try_cast({{ column }} as decimal(38,9)) as varchar), cast({{ column }} as varchar)
            )
        else cast({{ column }} as varchar)
    end
{%- endmacro %}

{# numeric never prints an exponent. The pattern comes first because PostgreSQL evaluates casts of
   constants while it plans. https://www.postgresql.org/docs/current/datatype-numeric.html #}
{% macro postgres__as_plain_text(column) -%}
    (case
        when
            cast({{ column }} as text) ~ '^[+-]?[0-9.]+e[+-]?[0-9]+$'
            and pg_typeof({{ column }}) in ('double precision', 'real')
            then cast(cast(cast({{ column }} as text) as numeric) as text)
        else cast({{ column }} as text)
    end collate "C")
{%- endmacro %}

{# https://spark.apache.org/docs/latest/api/sql/#typeof #}
{% macro spark__as_plain_text(column) -%}
    case
        when typeof({{ column }}) in ('double', 'float')
            then coalesce(
                cast(try_cast({{ column }} as decimal(38,9)) as string), cast({{ column }} as string)
            )
        else cast({{ column }} as string)
    end
{%- endmacro %}
