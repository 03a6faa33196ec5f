{# https://www.postgresql.org/docs/current/sql-createrole.html #}
{% macro create_roles() %}
    {% if execute %}
        {% do check_vars() %}
        {% if not has_roles() %}
            {% do exceptions.raise_compiler_error(
                'Only PostgreSQL has roles; on ' ~ target.type ~ ' whoever reads the tables reads all of them.'
            ) %}
        {% endif %}
        {% if var('page_role') is none %}
            {% do exceptions.raise_compiler_error(
                'Name the roles first: var page_role, and analyst_role for those who see all'
                ~ " (VARS='{page_role: opportunity_page, analyst_role: opportunity_analyst}')."
            ) %}
        {% endif %}
        {% for name in [var('page_role'), var('analyst_role')] | select %}
            {% do run_query(
                "do $$ begin if not exists (select oid from pg_roles where rolname = '" ~ name
                ~ "') then create role " ~ name ~ ' nologin; end if; end $$'
            ) %}
        {% endfor %}
        {% do run_query('alter role ' ~ var('page_role') ~ ' set default_transaction_read_only = on') %}
        {% do run_query('commit') %}
        {% do check_roles() %}
        {{ print('Roles: ' ~ [var('page_role'), var('analyst_role')] | select | join(', ') ~ '.') }}
    {% endif %}
{% endmacro %}
