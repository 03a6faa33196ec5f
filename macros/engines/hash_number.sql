{% macro hash_number(text) -%}
    {{ return(adapter.dispatch('hash_number')(text)) }}
{%- endmacro %}

{# The first 32 bits of an MD5 sum, which all engines know; their own hashes differ. #}
{% macro default__hash_number(text) -%}
    cast('0x' || substr(md5({{ text }}), 1, 8) as bigint)
{%- endmacro %}

{# https://www.postgresql.org/docs/current/datatype-bit.html: a bit string is a number by a cast. #}
{% macro postgres__hash_number(text) -%}
    cast(cast('x' || substr(md5({{ text }}), 1, 8) as bit(32)) as bigint)
{%- endmacro %}

{# https://spark.apache.org/docs/latest/api/sql/#conv #}
{% macro spark__hash_number(text) -%}
    cast(conv(substr(md5({{ text }}), 1, 8), 16, 10) as bigint)
{%- endmacro %}
