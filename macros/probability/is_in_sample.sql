{% macro is_in_sample(hash, wanted, available) -%}
    {{ as_double(hash) }} * {{ available }} < {{ as_double(wanted) }} * 4294967296
{%- endmacro %}
