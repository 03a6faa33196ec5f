{% macro row_hash(expressions) -%}
    {{ return(adapter.dispatch('row_hash')(expressions)) }}
{%- endmacro %}

{# Where tables are built whole nothing compares rows, so nothing is hashed. #}
{% macro default__row_hash(expressions) -%} cast(null as bigint) {%- endmacro %}

{# A record hashes its nulls and where its values end.
   https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/rowtypes.c #}
{% macro postgres__row_hash(expressions) -%}
    hash_record_extended(row({{ expressions | join(', ') }}), 0)
{%- endmacro %}

{# xxhash64 skips nulls, so each value says beside it whether it is one.
   https://spark.apache.org/docs/latest/api/sql/#xxhash64 #}
{% macro spark__row_hash(expressions) -%}
    xxhash64(
        {%- for expression in expressions -%}
            {{ expression }}, {{ expression }} is null{{ ', ' if not loop.last }}
        {%- endfor -%}
    )
{%- endmacro %}
