{% macro as_plain_text(column) -%}
    {{ return(adapter.dispatch('as_plain_text')(column)) }}
{%- endmacro %}

{# Of floating-point numbers only the very large and very small print an exponent, and whole ones a
   '.0'. https://duckdb.org/docs/stable/sql/functions/utility: typeof() is known before any row. #}
{% macro default__as_plain_text(column) -%}
    case
        when typeof({{ column }}) not in ('DOUBLE', 'FLOAT') then cast({{ column }} as varchar)
        when cast({{ column }} as varchar) like '%e%'
            then coalesce(
                cast(try_cast({{ column }} as decimal(38,9)) as varchar), cast({{ column }} as varchar)
            )
        else regexp_replace(cast({{ column }} as varchar), '[.]0$', '')
    end
{%- endmacro %}

{# numeric never prints an exponent. The type comes first, as it costs next to nothing; the pattern comes
   before the cast because PostgreSQL evaluates casts of constants while it plans.
   https://www.postgresql.org/docs/current/datatype-numeric.html #}
{% macro postgres__as_plain_text(column) -%}
    (case
        when pg_typeof({{ column }}) in ('double precision', 'real') then case
            when cast({{ column }} as text) ~ '^[+-]?[0-9.]+e[+-]?[0-9]+$'
                then cast(cast(cast({{ column }} as text) as numeric) as text)
            else cast({{ column }} as text)
        end
        else cast({{ column }} as text)
    end collate "C")
{%- endmacro %}

{# Java prints an exponent from ten million up and from a thousandth down, in decimals with many
   places too. https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double) #}
{% macro spark__as_plain_text(column) -%}
    {%- set number = 'try_cast(cast(' ~ column ~ ' as string) as decimal(38,9))' -%}
    case
        when typeof({{ column }}) not rlike '^(double|float|decimal)' then cast({{ column }} as string)
        when cast({{ column }} as string) like '%E%' and {{ number }} is not null
            then regexp_replace(
                regexp_replace(format_string('%.9f', {{ number }}), '0+$', ''), '[.]$', ''
            )
        when typeof({{ column }}) like 'decimal%' then cast({{ column }} as string)
        else regexp_replace(cast({{ column }} as string), '[.]0$', '')
    end
{%- endmacro %}
