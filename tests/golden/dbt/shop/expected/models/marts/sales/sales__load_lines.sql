{{ config(enabled=false) }}

{# The original is in unconverted/sales/sales__load_lines.sql. Write its query here, then remove the line above. #}
{% if execute %}
{{ exceptions.raise_compiler_error('Sales.LoadLines is not converted. TP0101 error 9:25: MERGE has no translation to duckdb') }}
{% endif %}
