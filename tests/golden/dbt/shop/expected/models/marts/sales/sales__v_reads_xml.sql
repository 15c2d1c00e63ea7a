{{ config(enabled=false) }}

{# The original is in unconverted/sales/sales__v_reads_xml.sql. Write its query here, then remove the line above. #}
{% if execute %}
{{ exceptions.raise_compiler_error('Sales.vReadsXml is not converted. PJ0101 error 1:1: reads Sales.vXml, which is not converted') }}
{% endif %}
