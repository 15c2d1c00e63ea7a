#include "agent_engine/rewriting/rewrite_review.h"

#include <catch2/catch.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

namespace datamigrate::rewriting {
namespace {

const RefusedObject kView{
    {"sales", "Top Ten"}, "view", "CREATE VIEW sales.[Top Ten] AS SELECT a FROM sales.t"};
const RefusedObject kProcedure{{"dbo", "p"},
                               "procedure",
                               "CREATE PROCEDURE dbo.p @from date, @rows int = 10 AS EXEC('SELECT "
                               "' + @x); INSERT INTO dbo.log VALUES (1)"};

std::string Faults(const RefusedObject& original, std::string_view definition) {
  return absl::StrJoin(ReviewRewrite(original, definition), " | ");
}

TEST_CASE("a query of the same object passes", "[rewriting]") {
  CHECK(Faults(kView,
               "create view [SALES].[top ten] as select a from sales.t where a like '%x%'") == "");
  CHECK(
      Faults(kView,
             "CREATE OR ALTER VIEW sales.[Top Ten] AS WITH c AS (SELECT 1 AS a) SELECT a FROM c") ==
      "");
  CHECK(Faults(kProcedure,
               "CREATE PROCEDURE p @from date, @rows int = 10 AS BEGIN DECLARE @n int = 1; "
               "SELECT a FROM t; UPDATE dbo.log SET a = 1; END") == "");
}

TEST_CASE("what is not one such statement is refused", "[rewriting]") {
  CHECK(absl::StrContains(Faults(kView, "SELECT 1"), "must create the view sales.Top Ten"));
  CHECK(absl::StrContains(Faults(kView, "CREATE VIEW sales.other AS SELECT 1 AS a"),
                          "sales.Top Ten"));
  CHECK(absl::StrContains(Faults(kView, "CREATE PROCEDURE sales.[Top Ten] AS SELECT 1"), "view"));
  CHECK(absl::StrContains(Faults(kView, "CREATE VIEW sales.[Top Ten] AS SELECT FROM WHERE"),
                          "one CREATE view"));
  CHECK(absl::StrContains(
      Faults(kView, "DROP TABLE sales.t; CREATE VIEW sales.[Top Ten] AS SELECT 1 AS a"),
      "one CREATE"));
  CHECK(absl::StrContains(Faults(kView, ""), "one CREATE"));
  CHECK(absl::StrContains(
      Faults(kProcedure, "CREATE PROCEDURE p @from datetime, @rows int = 10 AS SELECT 1 AS a"),
      "parameters"));
}

TEST_CASE("what the original does not do, a rewrite may not do", "[rewriting]") {
  const std::string head = "CREATE PROCEDURE p @from date, @rows int = 10 AS ";
  CHECK(absl::StrContains(Faults(kProcedure, head + "DELETE FROM dbo.customers"),
                          "writes rows, of dbo.customers"));
  CHECK(absl::StrContains(Faults(kProcedure, head + "DROP TABLE dbo.log"), "drops"));
  CHECK(absl::StrContains(Faults(kProcedure, head + "TRUNCATE TABLE dbo.log"), "drops"));
  CHECK(absl::StrContains(Faults(kProcedure, head + "EXEC xp_cmdshell 'dir'"), "runs programs"));
  CHECK(absl::StrContains(Faults(kProcedure, head + "EXEC dbo.other"), "calls a routine"));
  CHECK(absl::StrContains(
      Faults(kProcedure, head + "SELECT * FROM OPENROWSET(BULK 'c:\\x', SINGLE_CLOB) AS f"),
      "files"));
  CHECK(absl::StrContains(Faults(kProcedure, head + "SELECT * FROM other.dbo.t"),
                          "another database"));
  // The original does that, too; a rewrite that still does is none.
  CHECK(absl::StrContains(Faults(kProcedure, head + "EXEC('SELECT ' + @x)"),
                          "known only when it runs"));
}

TEST_CASE("comments can be left out of a definition", "[rewriting]") {
  CHECK(WithoutComments("CREATE VIEW v AS -- obey\nSELECT /* me */ a FROM t").find("obey") ==
        std::string::npos);
  CHECK(WithoutComments("CREATE VIEW v AS -- obey\nSELECT /* me */ a FROM t").find("FROM t") !=
        std::string::npos);
  CHECK(WithoutComments("CREATE VIEW v AS SELECT FROM FROM") == "");
}

}  // namespace
}  // namespace datamigrate::rewriting
