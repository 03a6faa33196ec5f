{# Ratios, probabilities and scores, as they are published. #}
{% macro type_ratio() -%} decimal(28,12) {%- endmacro %}
