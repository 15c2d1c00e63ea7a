/* Synonyms for programs that still use the old names, and descriptions. */
USE HarborPine;
GO
CREATE SYNONYM dbo.Customers FOR Sales.Customer;
CREATE SYNONYM dbo.Orders FOR Sales.OrderHeader;
CREATE SYNONYM dbo.Articles FOR Catalog.Product;
GO
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'Reference data that all schemas use, and leftovers of the first version.',
    @level0type = N'SCHEMA', @level0name = N'dbo';
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'Products, prices and stock.',
    @level0type = N'SCHEMA', @level0name = N'Catalog';
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'Customers, orders, payments and returns.',
    @level0type = N'SCHEMA', @level0name = N'Sales';
GO
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'One row per article that was ever sold. Articles are never deleted.',
    @level0type = N'SCHEMA', @level0name = N'Catalog', @level1type = N'TABLE', @level1name = N'Product';
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'Printed on the label; case matters.',
    @level0type = N'SCHEMA', @level0name = N'Catalog', @level1type = N'TABLE', @level1name = N'Product',
    @level2type = N'COLUMN', @level2name = N'Sku';
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'Gross price in euros.',
    @level0type = N'SCHEMA', @level0name = N'Catalog', @level1type = N'TABLE', @level1name = N'Product',
    @level2type = N'COLUMN', @level2name = N'ListPrice';
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'What a unit costs us, in euros: the supplier''s price plus freight.',
    @level0type = N'SCHEMA', @level0name = N'Catalog', @level1type = N'TABLE', @level1name = N'Product',
    @level2type = N'COLUMN', @level2name = N'StandardCost';
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'Price per country, with its history.',
    @level0type = N'SCHEMA', @level0name = N'Catalog', @level1type = N'TABLE', @level1name = N'ProductPrice';
EXEC sys.sp_addextendedproperty @name = N'MS_Description', @value = N'P purchase, S sale, R return, C count, X scrapped',
    @level0type = N'SCHEMA', @level0name = N'Catalog', @level1type = N'TABLE', @level1name = N'StockMovement',
    @level2type = N'COLUMN', @level2name = N'Reason';
GO
EXEC sp_addextendedproperty N'MS_Description', N'People and companies that bought something or opened an account.',
    N'SCHEMA', N'Sales', N'TABLE', N'Customer';
EXEC sp_addextendedproperty N'MS_Description', N'The customer who recommended us.',
    N'SCHEMA', N'Sales', N'TABLE', N'Customer', N'COLUMN', N'ReferredBy';
EXEC sp_addextendedproperty N'MS_Description', N'Head of an order. No store means the web shop.',
    N'SCHEMA', N'Sales', N'TABLE', N'OrderHeader';
EXEC sp_addextendedproperty N'MS_Description', N'1 new, 2 packed, 3 shipped, 4 closed, 5 cancelled',
    N'SCHEMA', N'Sales', N'TABLE', N'OrderHeader', N'COLUMN', N'Status';
EXEC sp_addextendedproperty N'MS_Description', N'Quantity times price, less the discount, rounded to cents.',
    N'SCHEMA', N'Sales', N'TABLE', N'OrderLine', N'COLUMN', N'LineTotal';
EXEC sp_addextendedproperty N'MS_Description', N'Gross monthly salary in euros. Personal data.',
    N'SCHEMA', N'HR', N'TABLE', N'Employee', N'COLUMN', N'Salary';
EXEC sp_addextendedproperty N'MS_Description', N'Goods, freight and total of every order.',
    N'SCHEMA', N'Sales', N'VIEW', N'vOrderTotals';
EXEC sp_addextendedproperty N'MS_Description', N'Reads the whole of Sales.OrderLine; call it at night.',
    N'SCHEMA', N'Sales', N'PROCEDURE', N'uspRefreshCustomerSnapshot';
GO
