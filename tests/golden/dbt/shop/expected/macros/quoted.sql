{# A column's name between the target's quotes, with quotes inside it doubled. #}
{% macro quoted(name) -%}
    {{ adapter.quote(name | replace('"', '""')) }}
{%- endmacro %}
