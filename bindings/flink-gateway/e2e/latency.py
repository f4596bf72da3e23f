#!/usr/bin/env python3
"""What the plug-in adds to `executeStatement`: `latency.py URL STOCK_URL FLINK TOPIC [N]` calls two gateways in turn, so that what else the machine does meets both, and prints
p10, p50 and p90 in milliseconds of N calls each, after 150 that warm up, as JSON.

The statement is an EXPLAIN over a filtered and masked table, so that no job is started; what is timed is the call itself, which answers when the statement is on its way."""
import json, sys, time
import testsite
from gateway import Gateway

URL, STOCK, FLINK, TOPIC = sys.argv[1:5]
N = int(sys.argv[5]) if len(sys.argv) > 5 else 300
WARM = 150
SQL = "EXPLAIN SELECT region, COUNT(*), MAX(phone) FROM site.`default`.timed WHERE id > 1 GROUP BY region"
DDL = ("CREATE TABLE IF NOT EXISTS site.`default`.timed (id INT, region STRING, phone STRING) WITH ('connector'='kafka', "
       f"'properties.bootstrap.servers'='{testsite.BROKER}', 'format'='json', 'scan.startup.mode'='earliest-offset', 'topic'='{TOPIC}')")
VERSION = "v4" if FLINK.startswith("2") else "v3"


class Timed:
    def __init__(self, url):
        admin = Gateway(url, {"Authorization": f"Bearer {testsite.TOKENS['admin']}"}, VERSION)
        admin.run(admin.open(), DDL)
        self.gateway = Gateway(url, {"Authorization": f"Bearer {testsite.TOKENS['alice']}"}, VERSION)
        self.session, self.times, self.plan = self.gateway.open(), [], ""

    def call(self):
        start = time.perf_counter()
        operation = self.gateway.submit(self.session, SQL)
        self.times.append((time.perf_counter() - start) * 1000)
        self.plan = self.gateway.rows(self.session, operation)[0][0]
        self.gateway.call("DELETE", f"/sessions/{self.session}/operations/{operation}/close")

    def at(self, share):
        times = sorted(self.times[WARM:])
        return round(times[int(len(times) * share)], 2)


with_it, without = Timed(URL), Timed(STOCK)
for _ in range(N + WARM):
    with_it.call()
    without.call()
assert "beijing" in with_it.plan and "beijing" not in without.plan, "the one is protected, and the other is not"
row = {"flink": FLINK, "calls": N}
for name, share in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
    row[name] = {"with_ms": with_it.at(share), "stock_ms": without.at(share), "added_ms": round(with_it.at(share) - without.at(share), 2)}
print(json.dumps(row))
