-- trigger Sales.trLines, routines.sql:30
-- PJ0105 warning 30:1: a trigger has no equal in a dbt project
--   Move its work to the model or the load that writes the table.

CREATE TRIGGER Sales.trLines ON Sales.[Order Lines] FOR INSERT AS SELECT 1
