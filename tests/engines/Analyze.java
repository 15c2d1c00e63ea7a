// Analyses statements with Google's own analyzer of GoogleSQL. Reads them from standard input, each ended by a NUL;
// prints a line for each: "ok", or what the analyzer says.
import com.google.zetasql.Analyzer;
import com.google.zetasql.AnalyzerOptions;
import com.google.zetasql.LanguageOptions;
import com.google.zetasql.SimpleCatalog;
import com.google.zetasql.ZetaSQLBuiltinFunctionOptions;
import com.google.zetasql.ZetaSQLOptions.NameResolutionMode;
import com.google.zetasql.ZetaSQLOptions.ProductMode;
import java.nio.charset.StandardCharsets;

public final class Analyze {
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
    for (String statement : input.split("\0")) {
      if (statement.isBlank()) continue;
      try {
        Analyzer.analyzeStatement(statement, options, catalog);
        System.out.println("ok");
      } catch (RuntimeException error) {
        System.out.println(String.valueOf(error.getMessage()).replace('\n', ' '));
      }
    }
    System.exit(0);
  }
}
