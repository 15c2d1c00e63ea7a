-- procedure Sales.LoadLines, routines.sql:9
-- TP0101 error 9:25: MERGE has no translation to duckdb
--   Write it by hand.

CREATE PROCEDURE Sales.LoadLines AS
MERGE Sales.[Order Lines] ...
