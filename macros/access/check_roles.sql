{% macro check_roles() %}
    {% if protects_rows() %}
        {% set names = [var('page_role'), var('analyst_role')] | select | list %}
        {% set found = run_query(
            'select rolname, rolsuper or rolbypassrls'
            ~ " or pg_has_role(oid, current_user, 'member') as is_above_policies from pg_roles"
            ~ " where rolname in ('" ~ names | join("', '") ~ "')"
        ) %}
        {% for name in names if name not in found.columns[0].values() %}
            {% do exceptions.raise_compiler_error(
                'There is no role ' ~ name ~ ', which var '
                ~ ('page_role' if name == var('page_role') else 'analyst_role')
                ~ ' names: make it (make roles TARGET=postgres, with the same VARS).'
            ) %}
        {% endfor %}
        {% for row in found.rows if row[0] == var('page_role') and row[1] %}
            {% do exceptions.raise_compiler_error(
                'Role ' ~ row[0] ~ ', which var page_role names, would see every row: it is the one who'
                ~ ' builds, a member of it, a superuser, or bypasses row-level security. Name another.'
            ) %}
        {% endfor %}
    {% endif %}
{% endmacro %}
