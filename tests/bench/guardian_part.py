"""How fast the Guardian judges texts, on one core."""
import json

from measure import PartFailed, Row, run

KINDS = {"benign_prose": "prose", "benign_sql": "T-SQL", "prompt_injection": "prompts"}


def measure(context):
    texts = context.root.parent / "shared/guardian"
    if not texts.is_dir():
        raise PartFailed(f"there are no labelled texts in {texts}")
    result = json.loads(run([context.program("guardian_speed"), texts]).out)
    for kind, name in KINDS.items():
        figures = result[kind]
        yield Row(f"{name}, long texts", figures["mb_per_s_long"], "MB/s", "The Guardian, whole scan")
        yield Row(f"{name}, 1 KB, median", figures["micros_1kb_median"], "µs", "The Guardian, 1 KB of text")
        yield Row(f"{name}, 1 KB, 99th percentile", figures["micros_1kb_p99"], "µs", "The Guardian, 1 KB of text")
