{% macro log_gamma(expression) -%}
    (
        ({{ expression }} + 4.5) * ln({{ expression }} + 5) - ({{ expression }} + 5) + 0.918938533204673
        + 1 / (12 * ({{ expression }} + 5)) - 1 / (360 * power({{ expression }} + 5, 3))
        + 1 / (1260 * power({{ expression }} + 5, 5))
        - ln(
            {{ expression }} * ({{ expression }} + 1) * ({{ expression }} + 2)
            * ({{ expression }} + 3) * ({{ expression }} + 4)
        )
    )
{%- endmacro %}
