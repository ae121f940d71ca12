"""Column engines on the reference workload, one thread: peers.py polars|duckdb LEADS.csv TAM.txt

Prints one JSON object with leads a second and the counts of the rules. The data is in memory, in the engine's own compact
types, before the time is taken.
"""

import json
import os
import statistics
import sys
import time

RUNS = 7
ENUMS = {
    "product_interest": ["analytics", "automation", "integrations", "security", "billing", "support", "mobile", "platform"],
    "region": ["NA", "EU", "UK", "APAC", "LATAM", "MEA"],
    "source": ["chat", "web_form", "referral", "partner", "purchased_list"],
}


def measured(leads, count):
    """The middle time of counting, after once to warm up; `count` returns {rule: leads}."""
    count()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        counts = count()
        times.append(time.perf_counter() - start)
    return {"per_s": leads / statistics.median(times), "counts": [counts.get(rule, 0) for rule in range(13)]}


def polars(leads, listed):
    os.environ["POLARS_MAX_THREADS"] = "1"
    import polars as pl

    types = {"intent_confidence": pl.Float64, "company": pl.Categorical, "company_size": pl.Int32, "budget": pl.Float64,
             "timeframe_days": pl.Int16, "decision_maker": pl.Boolean, "usage_delta": pl.Float64, "recent_days": pl.Int16}
    types.update({name: pl.Categorical for name in ENUMS})
    frame = pl.read_csv(leads, schema=dict((name, types[name]) for name in open(leads).readline().strip().split(",")))
    tam = pl.Series(open(listed).read().splitlines(), dtype=pl.Categorical)
    c = pl.col
    rules = [
        (c("intent_confidence") > 0.85) & c("company").is_in(tam.implode()),
        c("decision_maker") & (c("timeframe_days") <= 90),
        (c("usage_delta") > 0.3) & (c("recent_days") <= 14),
        c("intent_confidence") < 0.05,
        (c("source") == "purchased_list") & (c("budget") < 1000),
        (c("company_size") >= 1000) & (c("budget") >= 100000),
        ((c("region") == "EU") | (c("region") == "UK")) & (c("company_size") >= 200) & (c("product_interest") == "security"),
        ((c("product_interest") == "analytics") | (c("product_interest") == "automation")
         | (c("product_interest") == "integrations")) & (c("intent_confidence") >= 0.6) & (c("budget") >= 20000),
        ((c("source") == "referral") | (c("source") == "partner")) & (c("intent_confidence") >= 0.4),
        (c("company_size") < 10) & (c("budget") < 5000) & ~c("decision_maker"),
        (c("region") == "APAC") & (c("timeframe_days") > 180),
        (c("intent_confidence") >= 0.5) & (c("intent_confidence") < 0.6) & (c("usage_delta") > 0.1) & (c("company_size") >= 50),
    ]
    chosen = pl.when(rules[0]).then(pl.lit(0, pl.Int8))
    for rule, condition in enumerate(rules[1:], 1):
        chosen = chosen.when(condition).then(pl.lit(rule, pl.Int8))
    chosen = chosen.otherwise(pl.lit(12, pl.Int8)).alias("rule")

    def by_chain():
        counted = frame.lazy().select(chosen).group_by("rule").len().collect()
        return dict(counted.iter_rows())

    def by_masks():
        """Each rule's mask, the rows an earlier rule took left out."""
        masks = frame.lazy().select(rule.fill_null(False).alias(str(n)) for n, rule in enumerate(rules)).collect()
        taken, counts = None, {}
        for n in range(12):
            hit = masks[str(n)] if taken is None else masks[str(n)] & ~taken
            counts[n] = hit.sum()
            taken = hit if taken is None else taken | hit
        counts[12] = len(frame) - taken.sum()
        return counts

    return best([measured(len(frame), by_chain), measured(len(frame), by_masks)])


def duckdb(leads, listed):
    import duckdb as db

    connection = db.connect()
    connection.execute("SET threads = 1")
    for name, values in ENUMS.items():
        connection.execute(f"CREATE TYPE t_{name} AS ENUM ({', '.join(repr(value) for value in values)})")
    connection.execute(
        f"CREATE TYPE t_company AS ENUM (SELECT DISTINCT company FROM read_csv('{leads}') ORDER BY company)")
    connection.execute(
        f"""CREATE TABLE leads AS SELECT intent_confidence::DOUBLE AS intent_confidence, company::t_company AS company,
            company_size::INTEGER AS company_size, budget::DOUBLE AS budget, timeframe_days::SMALLINT AS timeframe_days,
            decision_maker::BOOLEAN AS decision_maker, usage_delta::DOUBLE AS usage_delta, recent_days::SMALLINT AS recent_days,
            product_interest::t_product_interest AS product_interest, region::t_region AS region, source::t_source AS source
            FROM read_csv('{leads}')""")
    tam = ", ".join(repr(name) + "::t_company" for name in open(listed).read().splitlines())
    connection.execute(f"CREATE TABLE tam AS SELECT unnest([{tam}]) AS company")
    total = connection.execute("SELECT count(*) FROM leads").fetchone()[0]

    def query(is_listed):
        return f"""SELECT CASE
            WHEN intent_confidence > 0.85 AND {is_listed} THEN 0
            WHEN decision_maker AND timeframe_days <= 90 THEN 1
            WHEN usage_delta > 0.3 AND recent_days <= 14 THEN 2
            WHEN intent_confidence < 0.05 THEN 3
            WHEN source = 'purchased_list' AND budget < 1000 THEN 4
            WHEN company_size >= 1000 AND budget >= 100000 THEN 5
            WHEN (region = 'EU' OR region = 'UK') AND company_size >= 200 AND product_interest = 'security' THEN 6
            WHEN (product_interest = 'analytics' OR product_interest = 'automation' OR product_interest = 'integrations')
                 AND intent_confidence >= 0.6 AND budget >= 20000 THEN 7
            WHEN (source = 'referral' OR source = 'partner') AND intent_confidence >= 0.4 THEN 8
            WHEN company_size < 10 AND budget < 5000 AND NOT decision_maker THEN 9
            WHEN region = 'APAC' AND timeframe_days > 180 THEN 10
            WHEN intent_confidence >= 0.5 AND intent_confidence < 0.6 AND usage_delta > 0.1 AND company_size >= 50 THEN 11
            ELSE 12 END::TINYINT AS rule, count(*) FROM leads GROUP BY rule"""

    ways = [query(f"company IN ({tam})"), query("company IN (SELECT company FROM tam)")]
    return best([measured(total, lambda way=way: dict(connection.execute(way).fetchall())) for way in ways])


def best(ways):
    """The quickest way to write it; all have to count the same."""
    assert all(way["counts"] == ways[0]["counts"] for way in ways), [way["counts"] for way in ways]
    return max(ways, key=lambda way: way["per_s"])


print(json.dumps({"polars": polars, "duckdb": duckdb}[sys.argv[1]](sys.argv[2], sys.argv[3])))
