"""Tests of reference.py: what it finds and what it leaves alone."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import reference  # noqa: E402


class Paths(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("deploy/local/setup", "")
        self.write("tests/cases/a.case", "")
        self.write("build/bin/x", "")
        self.write("docs/guide.md", "# Guide\n\n## Set up: first\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def problems(self, readme):
        self.write("README.md", readme)
        return list(reference.problems(self.root))

    def test_what_exists_is_no_problem(self):
        self.assertEqual([], self.problems(
            "Run `deploy/local/setup`, then [read](docs/guide.md#set-up-first). Folders: deploy/local/, tests/cases/*.case, "
            "deploy/{local,local/setup}; see deploy/local."))

    def test_a_path_that_is_gone_is_named_once(self):
        self.assertEqual(["README.md: deploy/local/gone does not exist"],
                         self.problems("`deploy/local/gone` and deploy/local/gone."))

    def test_a_part_in_braces_that_is_gone(self):
        self.assertEqual(["README.md: deploy/gone does not exist"], self.problems("deploy/{local,gone}"))

    def test_a_pattern_that_matches_nothing(self):
        self.assertEqual(["README.md: tests/cases/*.txt does not exist"], self.problems("tests/cases/*.txt"))

    def test_words_that_are_no_paths_of_the_repository(self):
        self.assertEqual([], self.problems(
            "~/deploy/x /deploy/x https://host/deploy/x ./deploy/x $HOME/tests/x build/release/bin select/from"))

    def test_links(self):
        self.assertEqual(
            ["README.md: the link to ../outside.md leads nowhere", "README.md: the link to docs/gone.md leads nowhere",
             "README.md: the link to docs/guide.md#gone names no heading there"],
            self.problems("[a](docs/gone.md) [b](docs/guide.md#gone) [c](../outside.md) [d](https://x.y/z) [e](docs/guide.md)"))

    def test_the_change_log_may_name_what_was(self):
        self.write("docs/CHANGELOG.md", "deploy/local/gone")
        self.assertEqual([], self.problems(""))

    def test_pages_below_docs_are_read(self):
        self.write("docs/decisions/0001.md", "tests/gone")
        self.assertEqual(["docs/decisions/0001.md: tests/gone does not exist"], self.problems(""))


class Pages(unittest.TestCase):
    TABLES = {"diagnostics": [{"code": "AB0101", "severity": "error", "text": "a | b"}], "checks": [], "approval_score": 95.0}

    def root_with(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        root = pathlib.Path(folder.name)
        (root / "common/diagnostics/kinds").mkdir(parents=True)
        (root / "common/diagnostics/kinds/area.def").write_text(text, encoding="utf-8")
        return root

    def test_every_row_is_on_the_page(self):
        page = reference.diagnostics_page(self.root_with("// AB: an area.\n"), self.TABLES)
        self.assertIn("## AB: an area\n", page)
        self.assertIn("| AB0101 | error | a \\| b |\n", page)

    def test_an_area_without_a_name_is_refused(self):
        with self.assertRaises(reference.PageError):
            reference.diagnostics_page(self.root_with("// CD: another.\n"), self.TABLES)
        with self.assertRaises(reference.PageError):
            reference.diagnostics_page(self.root_with("DIAGNOSTIC(...)\n"), self.TABLES)

    def test_a_code_that_is_used_twice_is_refused(self):
        tables = {"diagnostics": self.TABLES["diagnostics"] * 2}
        with self.assertRaises(reference.PageError):
            reference.diagnostics_page(self.root_with("// AB: an area.\n"), tables)

    def test_subcommands_of_help(self):
        self.assertEqual(["parse", "migrate"], reference.subcommands(
            "Usage: x\n\nOptions:\n  -h  help\n\nSubcommands:\n  parse                       Check\n                              more\n  migrate  Go\n"))

    def test_a_program_that_is_not_built_is_a_problem_of_its_pages(self):
        results = dict(reference.pages(self.root_with("// AB: an area.\n"), pathlib.Path("/nowhere")))
        self.assertEqual(6, len(results))
        for result in results.values():
            self.assertIsInstance(result, reference.PageError)


if __name__ == "__main__":
    unittest.main()
