#!/usr/bin/env python3
"""The plug-in on a real gateway: `run.py URL FOLDER FLINK` prepares tables, tries every attack, and writes FOLDER/attacks-FLINK.tsv.

A gateway with the site of testsite.py must run. Ends with 1 when anything got through. With SQLSEC_CONTROL=1 the gateway is a stock one, and it is a mistake of the attacks when nothing gets through."""
import json, os, sys, threading
import testsite
from gateway import Failed, Gateway

URL, FOLDER, FLINK, TOPIC = sys.argv[1:5]
CONTROL = os.environ.get("SQLSEC_CONTROL") == "1"
VERSION = "v4" if FLINK.startswith("2") else "v3"
KAFKA = f"'connector'='kafka', 'properties.bootstrap.servers'='{testsite.BROKER}', 'format'='json', 'scan.startup.mode'='earliest-offset', 'scan.bounded.mode'='latest-offset'"
ORDERS, WAGES = "site.`default`.orders", "site.`default`.wages"
SECRETS = ["13800000001", "13900000002", "13700000003", "hangzhou", "987654", testsite.SECRET_OPTION]
MASKED = [[1, "beijing", "*******0001"], [3, "beijing", "*******0003"]]


def client(user, version=VERSION):
    return Gateway(URL, {"Authorization": f"Bearer {testsite.TOKENS[user]}"}, version)


def prepare():
    """Tables of the site, by its administrator, in a catalog that all sessions share; a session and an operation that are nobody else's."""
    admin = client("admin")
    session = admin.open(**{"table.dml-sync": "true"})
    for sql in [
        f"CREATE TABLE {ORDERS} (id INT, region STRING, phone STRING) WITH ({KAFKA}, 'topic'='{TOPIC}')",
        f"CREATE TABLE {WAGES} (name STRING, wage INT) WITH ({KAFKA}, 'topic'='wages-{TOPIC}')",
        f"CREATE TABLE site.`default`.decoy (id INT, region STRING, phone STRING) WITH ({KAFKA}, 'topic'='decoy-{TOPIC}')",
        f"CREATE VIEW site.`default`.all_orders AS SELECT id, phone AS p, region FROM {ORDERS}",
        f"CREATE VIEW site.`default`.wages_view AS SELECT * FROM {WAGES}",
        f"INSERT INTO {ORDERS} VALUES (1, 'beijing', '13800000001'), (2, 'hangzhou', '13900000002'), (3, 'beijing', '13700000003')",
        f"INSERT INTO {WAGES} VALUES ('carol', 987654)",
        "INSERT INTO site.`default`.decoy VALUES (9, 'x', 'y')",
    ]:
        admin.run(session, sql)
    operation = admin.submit(session, f"SELECT * FROM {ORDERS}")
    assert len(admin.rows(session, operation)) == 3, "the administrator sees all rows"
    return session, operation


def filled(value, names):
    text = json.dumps(value)
    for name, replacement in names.items():
        text = text.replace("${" + name + "}", json.dumps(replacement)[1:-1])
    return json.loads(text)


def token(arguments):
    arguments = dict(arguments)
    tamper = arguments.pop("tamper", None)
    made = testsite.jwt(FOLDER, **arguments)
    if tamper:
        header, body, signature = made.split(".")
        claims = json.loads(testsite.base64.urlsafe_b64decode(body + "=="))
        made = ".".join([header, testsite.url64(json.dumps({**claims, "sub": tamper}).encode()), signature])
    return made


def step(alice, session, step_):
    """One step; the answer as JSON can write it."""
    if "sql" in step_:
        return {"rows": alice.run(session, step_["sql"], step_.get("config"))}
    if "open" in step_:
        return alice.call("POST", "/sessions", {"properties": step_["open"]})
    method, path, body = step_["http"]
    headers = step_.get("headers")
    if "jwt" in step_:
        headers = {"Authorization": "Bearer " + token(step_["jwt"])}
    return alice.call(method, path, body, headers=headers)


def race(alice, session, plan, seen):
    """Sends the statements at once, from threads, and keeps all that comes back."""
    for sql in plan["setup"]:
        alice.run(session, sql)

    def send(sql):
        try:
            seen.append(json.dumps({"rows": alice.run(session, sql)}))
        except Failed as error:
            seen.append(error.text)

    for _ in range(plan["rounds"]):
        threads = [threading.Thread(target=send, args=(sql,)) for sql in plan["statements"]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def attempt(attack, names):
    """What came of an attack: (outcome, all texts that came back)."""
    alice = client("alice", attack.get("version", VERSION))
    session = alice.open()
    seen, answer = [], None
    attack = filled(attack, {**names, "session": session})
    try:
        if "race" in attack:
            race(alice, session, attack["race"], seen)
            answer = {"rows": "as they may be"}
        for step_ in attack.get("steps", []):
            answer = step(alice, session, step_)
            seen.append(json.dumps(answer))
        outcome = f"answer {json.dumps(answer)}"
    except Failed as error:
        seen.append(error.text)
        answer, outcome = error, f"refused {error.status} {error.short}"
    try:
        alice.call("DELETE", f"/sessions/{session}")
    except Failed:
        pass
    return answer, outcome, seen


def holds(expect, answer):
    refused = isinstance(answer, Failed)
    kind, _, what = expect.partition(":")
    if kind == "any":
        return True
    if kind == "status":
        return refused and answer.status == int(what)
    if kind == "refused":
        return refused and what in answer.text
    if kind == "answer":
        return not refused and answer == json.loads(what)
    if kind == "rows":
        return not refused and sorted(answer["rows"]) == sorted(json.loads(what))
    if kind == "protected":
        return refused or "rows" in answer
    raise ValueError(expect)


def verdict(attack, names):
    answer, outcome, seen = attempt(attack, names)
    told = sorted({secret for secret in SECRETS for text in seen if secret in text})
    if told:
        return "THROUGH", f"told {told}: {outcome}"
    if not holds(attack["expect"], answer):
        return "UNEXPECTED", outcome
    return ("refused" if isinstance(answer, Failed) else "protected"), outcome


def known_users():
    """The doors that must be open: a web token, a proxy with its secret."""
    for headers in [
        {"Authorization": "Bearer " + testsite.jwt(FOLDER, "alice", groups=["sales"])},
        {"X-Forwarded-User": "alice", "X-Forwarded-Groups": "sales", "X-Proxy-Secret": testsite.PROXY_SECRET},
    ]:
        gateway = Gateway(URL, headers, VERSION)
        session = gateway.open()
        rows = gateway.run(session, f"SELECT * FROM {ORDERS}")
        assert sorted(rows) == MASKED, rows
    return ["a web token and a trusted header are let in, as alice"]


def main():
    foreign, operation = prepare()
    for line in [] if CONTROL else known_users():
        print(line)
    names = {"foreign": foreign, "foreign_op": operation, "orders": ORDERS, "wages": WAGES, "topic": TOPIC, "kafka": KAFKA, "token": testsite.TOKENS["alice"]}
    only = sys.argv[5:]
    # Without the plug-in these look for a cluster that is not there, for as long as Flink tries.
    slow = ("other-", "jars-", "script", "race-") if CONTROL else ()
    attacks = [a for a in json.load(open(__file__.replace("run.py", "attacks.json"))) if FLINK.startswith(a.get("flink", "")) and (not only or a["id"] in only) and not a["id"].startswith(slow)]
    counts, bad = {}, 0
    with open(f"{FOLDER}/{'control' if CONTROL else 'attacks'}-{FLINK}.tsv", "w") as table:
        for attack in attacks:
            result, outcome = verdict(attack, names)
            counts[result] = counts.get(result, 0) + 1
            bad += result in ("THROUGH", "UNEXPECTED")
            row = f"{attack['id']}\t{FLINK}\t{result}\t{' '.join(outcome.split())[:200]}"
            print(row, flush=True)
            table.write(row + "\n")
        print(f"Flink {FLINK}{' without the plug-in' if CONTROL else ''}: {len(attacks)} attacks: {counts}")
    sys.exit(counts.get("THROUGH", 0) < 10 if CONTROL else bad > 0)


if __name__ == "__main__":
    main()
