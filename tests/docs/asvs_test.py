"""Holds docs/security/asvs.md against the tests that it names."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tests():
    """Names of all Catch2 tests; a name may be written over several lines."""
    names = set()
    for path in (ROOT / "tests").rglob("*_test.cc"):
        for parts in re.findall(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', path.read_text(encoding="utf-8")):
            pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', parts)
            # Pieces of one literal stand beside each other without a comma.
            names.add("".join(pieces).replace('\\"', '"'))
    return names


class AsvsTest(unittest.TestCase):
    def test_every_named_test_is_there(self):
        rows = [line for line in (ROOT / "docs/security/asvs.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
        named = {name for row in rows for name in re.findall(r'"([^"]+)"', row.rsplit("|", 2)[1])}
        self.assertGreater(len(named), 50)
        self.assertEqual(set(), named - tests())

    def test_a_row_without_a_test_says_why(self):
        for line in (ROOT / "docs/security/asvs.md").read_text(encoding="utf-8").splitlines():
            if re.match(r"\| \d", line):
                _, _, _, how, shown, _ = (cell.strip() for cell in line.split("|"))
                self.assertTrue(shown or how, line)


if __name__ == "__main__":
    unittest.main()
