-- view Sales.vReadsXml, views.sql:1
-- PJ0101 error 1:1: reads Sales.vXml, which is not converted
--   It can be converted when Sales.vXml is.

CREATE VIEW Sales.vReadsXml AS SELECT * FROM Sales.vXml
