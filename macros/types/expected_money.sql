{% macro expected_money(probability, amount) -%}
    {{ as_money(
        'cast(' ~ as_double(probability) ~ ' * ' ~ as_double(amount) ~ ' as decimal(28,8))'
    ) }}
{%- endmacro %}
