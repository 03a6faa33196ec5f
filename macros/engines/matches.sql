{% macro matches(text_expression, pattern) -%}
    {{ return(adapter.dispatch('matches')(text_expression, pattern)) }}
{%- endmacro %}

{% macro default__matches(text_expression, pattern) -%}
    regexp_matches({{ text_expression }}, '{{ pattern }}')
{%- endmacro %}

{# regexp_matches returns the groups here; the operator says yes or no.
   https://www.postgresql.org/docs/current/functions-matching.html #}
{% macro postgres__matches(text_expression, pattern) -%}
    ({{ text_expression }} ~ '{{ pattern }}')
{%- endmacro %}

{# Java's $ also matches before a line end of any kind; under (?d) the line feed is the only one, and
   no trimmed text ends with it. https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/regex/Pattern.html #}
{% macro spark__matches(text_expression, pattern) -%}
    ({{ text_expression }} rlike '(?d){{ pattern }}')
{%- endmacro %}
