{{ config(enabled=false) }}

{# The original is in unconverted/sales/sales__v_xml.sql. Write its query here, then remove the line above. #}
{% if execute %}
{{ exceptions.raise_compiler_error('Sales.vXml is not converted. TP0101 error 5:8: FOR XML has no translation to duckdb') }}
{% endif %}
