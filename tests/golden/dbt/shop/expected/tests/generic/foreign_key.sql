{#
    Every row whose columns are all filled has its parent row. `folded_columns` compare as SQL Server's
    case-insensitive collations do: without case and without trailing blanks.
#}
{% test foreign_key(model, columns, to, to_columns, folded_columns=[]) %}

with child as (

    select * from {{ model }}

),

parent as (

    select * from {{ to }}

)

select child.*
from child
where
    {%- for column in columns %}
    child.{{ quoted(column) }} is not null and
    {%- endfor %}
    not exists (
        select 1
        from parent
        where
        {%- for column in columns %}
            {%- set own = 'child.' ~ quoted(column) %}
            {%- set other = 'parent.' ~ quoted(to_columns[loop.index0]) %}
            {%- if column in folded_columns %}
            lower(rtrim({{ other }})) = lower(rtrim({{ own }}))
            {%- else %}
            {{ other }} = {{ own }}
            {%- endif %}
            {%- if not loop.last %} and{% endif %}
        {%- endfor %}
    )

{% endtest %}
