"""The results as an aligned table and as a page of bar charts that needs nothing else."""
import html


def number(value):
    """Three digits that count; no more decimals than that."""
    if isinstance(value, int) or value == int(value) and abs(value) >= 1000:
        return f"{int(value):,}"
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{decimals}f}"


def text_table(results):
    lines = [("part", "measure", "value", "unit")]
    for name, part in results["parts"].items():
        lines += [(name, row["name"], number(row["value"]), row["unit"]) for row in part["rows"]]
        if part["error"]:
            lines.append((name, f"stopped: {part['error']}", "", ""))
    widths = [max(len(line[i]) for line in lines if line[2] or i == 0) for i in range(3)]
    return "\n".join(f"{part:<{widths[0]}}  {name:<{widths[1]}}  {value:>{widths[2]}}  {unit}".rstrip()
                     for part, name, value, unit in lines)


STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.2rem; border-bottom: 1px solid #8886; } h3 { margin-bottom: .4rem; }
.where { color: #888; margin-top: .2rem; }
.bars { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr max-content; gap: .3rem .8rem; align-items: center; }
.bars i { display: block; height: 1.05rem; border-radius: 3px; background: #3b7dd8; min-width: 2px; }
.bars b { font-weight: 500; font-variant-numeric: tabular-nums; text-align: right; }
table { border-collapse: collapse; margin-top: 1rem; width: 100%; }
td { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #8883; } td.value { text-align: right; font-variant-numeric: tabular-nums; }
.stopped { border-left: 4px solid #c0392b; padding-left: .8rem; }
"""


def bars(title, rows):
    top = max((row["value"] for row in rows), default=0) or 1
    out = [f"<h3>{html.escape(title)}</h3><div class=bars>"]
    for row in rows:
        width = max(0.0, 100 * row["value"] / top)
        out.append(f"<span>{html.escape(row['name'])}</span><span><i style='width:{width:.1f}%'></i></span>"
                   f"<b>{number(row['value'])} {html.escape(row['unit'])}</b>")
    return "".join(out) + "</div>"


def section(name, part):
    out = [f"<h2>{html.escape(name)}</h2>"]
    if part["error"]:
        out.append(f"<p class=stopped>stopped: {html.escape(part['error'])}</p>")
    charts = {}
    for row in part["rows"]:
        if row["chart"]:
            charts.setdefault(row["chart"], []).append(row)
    out += [bars(title, rows) for title, rows in charts.items()]
    others = [row for row in part["rows"] if not row["chart"]]
    if others:
        cells = "".join(f"<tr><td>{html.escape(row['name'])}<td class=value>{number(row['value'])}<td>{html.escape(row['unit'])}"
                        for row in others)
        out.append(f"<table>{cells}</table>")
    return "".join(out)


def page(results):
    machine = results["machine"]
    where = f"{results['taken_at']} · {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB · {results['programs']}"
    body = "".join(section(name, part) for name, part in results["parts"].items())
    return (f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
            f"<title>DataMigrate benchmark</title><style>{STYLE}</style><h1>DataMigrate benchmark</h1>"
            f"<p class=where>{html.escape(where)}</p>{body}</html>\n")
