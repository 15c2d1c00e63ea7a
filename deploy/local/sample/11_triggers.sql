USE HarborPine;
GO
CREATE TRIGGER Sales.trgOrderHeaderModified ON Sales.OrderHeader
AFTER UPDATE
AS
BEGIN
    SET NOCOUNT ON;
    IF UPDATE(ModifiedAt) RETURN;

    UPDATE o
    SET    ModifiedAt = SYSUTCDATETIME()
    FROM   Sales.OrderHeader AS o
           JOIN inserted AS i ON i.OrderId = o.OrderId;
END;
GO
CREATE TRIGGER Catalog.trgProductAudit ON Catalog.Product
AFTER INSERT, UPDATE, DELETE
AS
BEGIN
    SET NOCOUNT ON;

    INSERT INTO dbo.AuditEntry (TableName, KeyValue, Action, Details)
    SELECT N'Catalog.Product',
           CAST(COALESCE(i.ProductId, d.ProductId) AS nvarchar(100)),
           CASE WHEN d.ProductId IS NULL THEN 'I' WHEN i.ProductId IS NULL THEN 'D' ELSE 'U' END,
           (SELECT d.ListPrice AS [@old], i.ListPrice AS [@new] FOR XML PATH(N'price'), TYPE)
    FROM inserted AS i
    FULL OUTER JOIN deleted AS d ON d.ProductId = i.ProductId;
END;
GO
