/* Keys across schemas, and secondary indexes. */
USE HarborPine;
GO
ALTER TABLE Catalog.ProductPrice WITH CHECK ADD CONSTRAINT FK_ProductPrice_Country
    FOREIGN KEY (CountryCode) REFERENCES dbo.Country (CountryCode);
ALTER TABLE Sales.Store WITH CHECK ADD CONSTRAINT FK_Store_Manager
    FOREIGN KEY (ManagerId) REFERENCES HR.Employee (EmployeeId) ON DELETE SET NULL;
ALTER TABLE dbo.[Store Targets] WITH CHECK ADD CONSTRAINT [FK_Store Targets_Store]
    FOREIGN KEY ([Store No]) REFERENCES Sales.Store (StoreId);
GO
ALTER TABLE Sales.OrderHeader WITH CHECK ADD
    CONSTRAINT FK_OrderHeader_Customer FOREIGN KEY (CustomerId) REFERENCES Sales.Customer (CustomerId),
    CONSTRAINT FK_OrderHeader_Address FOREIGN KEY (CustomerId, ShipAddressNo) REFERENCES Sales.Address (CustomerId, AddressNo),
    CONSTRAINT FK_OrderHeader_Store FOREIGN KEY (StoreId) REFERENCES Sales.Store (StoreId),
    CONSTRAINT FK_OrderHeader_Employee FOREIGN KEY (EmployeeId) REFERENCES HR.Employee (EmployeeId),
    CONSTRAINT FK_OrderHeader_Currency FOREIGN KEY (CurrencyCode) REFERENCES dbo.Currency (CurrencyCode),
    CONSTRAINT FK_OrderHeader_Promotion FOREIGN KEY (PromotionId) REFERENCES Sales.Promotion (PromotionId);
GO
ALTER TABLE Sales.OrderLine WITH CHECK ADD CONSTRAINT FK_OrderLine_Order
    FOREIGN KEY (OrderId) REFERENCES Sales.OrderHeader (OrderId) ON DELETE CASCADE;
ALTER TABLE Sales.OrderLine WITH CHECK ADD CONSTRAINT FK_OrderLine_Product
    FOREIGN KEY (ProductId) REFERENCES Catalog.Product (ProductId);
ALTER TABLE Sales.OrderLine CHECK CONSTRAINT FK_OrderLine_Product;
GO
ALTER TABLE Sales.Payment WITH CHECK ADD CONSTRAINT FK_Payment_Order
    FOREIGN KEY (OrderId) REFERENCES Sales.OrderHeader (OrderId);
ALTER TABLE Sales.ReturnLine WITH CHECK ADD CONSTRAINT FK_ReturnLine_OrderLine
    FOREIGN KEY (OrderId, LineNumber) REFERENCES Sales.OrderLine (OrderId, LineNumber);
-- Added late, over rows that were never checked.
ALTER TABLE Sales.CustomerSnapshot WITH NOCHECK ADD CONSTRAINT FK_CustomerSnapshot_Customer
    FOREIGN KEY (CustomerId) REFERENCES Sales.Customer (CustomerId);
GO
CREATE NONCLUSTERED INDEX IX_OrderHeader_Customer ON Sales.OrderHeader (CustomerId, OrderedAt DESC) INCLUDE (Status, Freight);
CREATE NONCLUSTERED INDEX IX_OrderHeader_Open ON Sales.OrderHeader (OrderedAt) WHERE (ShippedAt IS NULL);
CREATE NONCLUSTERED INDEX IX_OrderLine_Product ON Sales.OrderLine (ProductId) INCLUDE (Quantity, UnitPrice);
CREATE UNIQUE NONCLUSTERED INDEX UX_Employee_Login ON HR.Employee (LoginName) WHERE (LoginName IS NOT NULL);
CREATE UNIQUE NONCLUSTERED INDEX UX_Promotion_Coupon ON Sales.Promotion (CouponCode) WHERE CouponCode IS NOT NULL;
CREATE INDEX IX_Customer_Name ON Sales.Customer (LastName, FirstName) INCLUDE (Email) WITH (PAD_INDEX = ON, FILLFACTOR = 80);
CREATE INDEX IX_StockMovement_Product ON Catalog.StockMovement (ProductId, MovedAt);
CREATE INDEX IX_ImportLog ON dbo.tblImportLog (LogDate);
GO
