#!/usr/bin/env python3
"""How long `executeStatement` takes: `latency.py URL FLINK USER|- [N]` prints p50 and p90 in milliseconds of N calls after 50 that warm up, as JSON.

USER is `-` for a gateway without the plug-in. The statement is an EXPLAIN of a filtered and masked table, so that no job is started; what is timed is the call
itself, which answers when the statement is on its way."""
import json, sys, time
import testsite
from gateway import Gateway

URL, FLINK, USER = sys.argv[1:4]
N = int(sys.argv[4]) if len(sys.argv) > 4 else 300
SQL = "EXPLAIN SELECT region, COUNT(*), MAX(phone) FROM site.`default`.orders WHERE id > 1 GROUP BY region"


def client(user):
    return Gateway(URL, {} if USER == "-" else {"Authorization": f"Bearer {testsite.TOKENS[user]}"}, "v4" if FLINK.startswith("2") else "v3")


admin = client("admin")
session = admin.open()
admin.run(session, f"CREATE TABLE IF NOT EXISTS site.`default`.orders (id INT, region STRING, phone STRING) WITH ('connector'='kafka', "
                   f"'properties.bootstrap.servers'='{testsite.BROKER}', 'format'='json', 'scan.startup.mode'='earliest-offset', 'topic'='latency')") if USER == "-" else None
user = client("alice" if USER == "-" else USER)
session = user.open()
times = []
for i in range(N + 50):
    start = time.perf_counter()
    operation = user.submit(session, SQL)
    if i >= 50:
        times.append((time.perf_counter() - start) * 1000)
    user.rows(session, operation)
    user.call("DELETE", f"/sessions/{session}/operations/{operation}/close")
times.sort()
print(json.dumps({"flink": FLINK, "plug-in": USER != "-", "calls": N, "p50_ms": round(times[N // 2], 2), "p90_ms": round(times[N * 9 // 10], 2)}))
