// Analyses batches with Google's own analyzer of GoogleSQL. Reads them from standard input, each ended by a NUL, their
// statements by a record separator; prints a line for each batch: "ok", or what the analyzer says. Tables that a batch
// creates are known to the statements behind.
import com.google.zetasql.Analyzer;
import com.google.zetasql.AnalyzerOptions;
import com.google.zetasql.LanguageOptions;
import com.google.zetasql.SimpleCatalog;
import com.google.zetasql.SimpleTable;
import com.google.zetasql.ZetaSQLBuiltinFunctionOptions;
import com.google.zetasql.ZetaSQLOptions.NameResolutionMode;
import com.google.zetasql.ZetaSQLOptions.ProductMode;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedColumnDefinition;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedCreateTableStmtBase;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedStatement;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

public final class Analyze {
  // The data set that a path names, made where there is none.
  private static SimpleCatalog dataSet(SimpleCatalog catalog, List<String> path) {
    if (path.size() < 2) return catalog;
    for (SimpleCatalog known : catalog.getCatalogList()) {
      if (known.getFullName().equalsIgnoreCase(path.get(0))) return known;
    }
    return catalog.addNewSimpleCatalog(path.get(0));
  }

  private static void addTable(SimpleCatalog root, ResolvedCreateTableStmtBase statement, List<String> added) {
    List<String> path = statement.getNamePath();
    SimpleCatalog catalog = dataSet(root, path);
    SimpleTable table = new SimpleTable(path.get(path.size() - 1));
    for (ResolvedColumnDefinition column : statement.getColumnDefinitionList()) {
      table.addSimpleColumn(column.getName(), column.getType());
    }
    if (catalog != root) {
      catalog.addSimpleTable(table);
      return;
    }
    if (added.contains(table.getName())) catalog.removeSimpleTable(table.getName());
    catalog.addSimpleTable(table);
    added.add(table.getName());
  }

  private static String analyze(String batch, AnalyzerOptions options, SimpleCatalog catalog) {
    List<String> added = new ArrayList<>();
    try {
      for (String statement : batch.split("\u001e")) {
        if (statement.isBlank()) continue;
        ResolvedStatement resolved = Analyzer.analyzeStatement(statement, options, catalog);
        if (resolved instanceof ResolvedCreateTableStmtBase) {
          addTable(catalog, (ResolvedCreateTableStmtBase) resolved, added);
        }
      }
      return "ok";
    } catch (RuntimeException error) {
      return String.valueOf(error.getMessage()).replace('\n', ' ');
    } finally {
      added.stream().distinct().forEach(catalog::removeSimpleTable);
      List.copyOf(catalog.getCatalogList()).forEach(catalog::removeSimpleCatalog);
    }
  }

  public static void main(String[] arguments) throws Exception {
    LanguageOptions language = new LanguageOptions();
    language.enableMaximumLanguageFeatures();
    language.setSupportsAllStatementKinds();
    language.setProductMode(ProductMode.PRODUCT_EXTERNAL);
    language.setNameResolutionMode(NameResolutionMode.NAME_RESOLUTION_DEFAULT);
    language.enableReservableKeyword("QUALIFY");
    AnalyzerOptions options = new AnalyzerOptions();
    options.setLanguageOptions(language);
    SimpleCatalog catalog = new SimpleCatalog("cases");
    catalog.addZetaSQLFunctions(new ZetaSQLBuiltinFunctionOptions(language));
    String input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    for (String batch : input.split("\0")) {
      if (!batch.isBlank()) System.out.println(analyze(batch, options, catalog));
    }
    System.exit(0);
  }
}
