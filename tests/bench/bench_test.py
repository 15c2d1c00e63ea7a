"""Tests of the benchmark's own arithmetic and of the database that it makes."""
import pathlib
import re
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import make_tables  # noqa: E402
import measure  # noqa: E402
import report  # noqa: E402
import services  # noqa: E402

SAMPLE = HERE.parents[1] / "deploy/local/sample"


class Running(unittest.TestCase):
    def test_a_program_s_outputs_time_and_memory(self):
        finished = measure.run(["/bin/sh", "-c", "cat; echo to err >&2; exit 4"], stdin=__file__, expected=(4,))
        self.assertIn("Tests of the benchmark", finished.out)
        self.assertEqual("to err\n", finished.err)
        self.assertGreater(finished.seconds, 0)

    def test_the_peak_is_the_program_s(self):
        size = 200 * measure.MEGABYTE
        large = measure.run([sys.executable, "-c", f"b'x' * {size}"])
        small = measure.run([sys.executable, "-c", ""])
        self.assertGreater(large.peak_bytes - small.peak_bytes, size * 0.9)
        self.assertLess(large.peak_bytes - small.peak_bytes, size * 1.1)

    def test_failures_say_why(self):
        with self.assertRaisesRegex(measure.PartFailed, "ended with 3: the reason"):
            measure.run(["/bin/sh", "-c", "echo the reason >&2; exit 3"])
        with self.assertRaisesRegex(measure.PartFailed, "could not be started"):
            measure.run(["/no/such/program"])

    def test_percentile(self):
        self.assertEqual(50, measure.percentile(range(1, 100), 0.5))
        self.assertEqual(100, measure.percentile(range(1, 101), 0.99))
        self.assertEqual(7, measure.percentile([7], 0.99))


class Texts(unittest.TestCase):
    def test_a_repeated_text_ends_when_it_is_long_enough(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "text"
            self.assertEqual(10, measure.write_repeated(path, ["abc", "de"], b"\0", 10))
            self.assertEqual(b"abc\0de\0abc", path.read_bytes())

    def test_batches_of_the_sample(self):
        batches = list(measure.sample_batches(SAMPLE))
        self.assertGreater(len(batches), 100)
        for batch in batches:
            self.assertIsNone(re.search(r"(?im)^GO$", batch))


class Tables(unittest.TestCase):
    def test_as_many_tables_as_wanted_without_foreign_keys(self):
        with tempfile.TemporaryDirectory() as folder:
            make_tables.write(SAMPLE, folder, 120)
            tables = (pathlib.Path(folder) / "tables.sql").read_text(encoding="utf-8")
            views = (pathlib.Path(folder) / "views.sql").read_text(encoding="utf-8")
        names = re.findall(r"CREATE TABLE (\S+)", tables)
        self.assertEqual(120, len(names))
        self.assertEqual(120, len(set(names)))
        self.assertNotRegex(tables, r"(?i)\bREFERENCES\b")
        self.assertEqual(12, views.count("CREATE VIEW"))

    def test_a_folder_without_tables_is_refused(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(ValueError):
            make_tables.write(folder, folder, 1)


class Results(unittest.TestCase):
    def test_steps_are_timed_and_repeated_steps_added(self):
        def event(kind, step, second):
            return {"kind": kind, "step": step, "at": f"2026-01-01T00:00:{second:09.6f}Z"}
        events = [event("step_started", "data", 1), event("progress", "data", 2), event("step_finished", "data", 3.5),
                  event("step_started", "tester", 4), event("step_finished", "tester", 5),
                  event("step_started", "tester", 6), event("step_finished", "tester", 6.25)]
        self.assertEqual({"data": 2.5, "tester": 1.25}, services.step_seconds(events))

    def test_numbers(self):
        self.assertEqual(["0.12", "1.00", "12.3", "123", "12,345", "5"], [report.number(n) for n in (0.123, 1.0, 12.34, 123.4, 12345, 5)])

    def test_the_page_holds_every_row_and_shows_text_as_text(self):
        rows = [{"name": "<b>", "value": 1.5, "unit": "s", "chart": "c"}, {"name": "plain", "value": 2, "unit": "of 3", "chart": ""}]
        results = {"taken_at": "now", "machine": {"processor": "p", "cores": 2, "memory_gb": 8}, "programs": "x",
                   "parts": {"parse": {"rows": rows, "error": "", "seconds": 1}, "create": {"rows": [], "error": "a < b", "seconds": 1}}}
        page = report.page(results)
        self.assertIn("&lt;b&gt;", page)
        self.assertNotIn("<b>", page.replace("<b>1.50 s</b>", ""))
        self.assertIn("plain", page)
        self.assertIn("a &lt; b", page)
        self.assertIn("stopped: a < b", report.text_table(results))


if __name__ == "__main__":
    unittest.main()
