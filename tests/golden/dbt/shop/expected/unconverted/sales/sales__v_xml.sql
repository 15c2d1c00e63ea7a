-- view Sales.vXml, views.sql:4
-- TP0101 error 5:8: FOR XML has no translation to duckdb
--   Write it by hand.

CREATE VIEW Sales.vXml
AS SELECT 1 AS a
FOR XML PATH
