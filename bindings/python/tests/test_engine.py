"""What a caller in Python sees: SQL, refusals, errors, the session, lineage; the shared cases of all bindings, to the byte of their meaning."""

import json
import os
import pathlib
import tempfile
import threading
import unittest

import sqlsec

ROOT = pathlib.Path(__file__).resolve().parents[3]
SHOP = ROOT / "fixtures" / "quickstart"


class Quickstart(unittest.TestCase):
    def setUp(self) -> None:
        self.engine = sqlsec.Engine(SHOP / "policy.yaml", [SHOP / "tables.sql"])
        self.addCleanup(self.engine.close)

    def test_a_script_comes_back_protected(self) -> None:
        reply = self.engine.rewrite((SHOP / "shop.sql").read_text(), user="userA")
        self.assertIn("WHERE region = 'beijing'", reply.sql)
        self.assertTrue(reply.allowed)
        self.assertIsNone(reply.lineage_id)

    def test_groups_count(self) -> None:
        sql = "SELECT order_id FROM shop.core.orders"
        reply = self.engine.rewrite(sql, "somebody", groups=["ops-bj"])
        self.assertIn("region = 'beijing'", reply.sql)

    def test_a_refusal_has_a_place_and_no_sql(self) -> None:
        sql = "SELECT 1;\nSELECT salary\n  FROM hr.payroll.salaries"
        with self.assertRaises(sqlsec.Denied) as caught:
            self.engine.rewrite(sql, user="userA")
        [refusal] = caught.exception.errors
        self.assertEqual((refusal.code, refusal.statement, refusal.line, refusal.column), ("access-denied", 1, 3, 8))
        reply = self.engine.check(sql, user="userA")
        self.assertFalse(reply.allowed)
        for asked in ("sql", "session"):
            with self.assertRaises(sqlsec.Denied):
                getattr(reply, asked)
        self.assertNotIn("sql", reply.document)

    def test_a_session_goes_on(self) -> None:
        first = self.engine.rewrite("USE CATALOG shop", user="userA")
        second = self.engine.rewrite("SELECT order_id FROM core.orders", user="userA", session=first.session)
        self.assertIn("region = 'beijing'", second.sql)

    def test_what_is_no_request_is_an_error(self) -> None:
        with self.assertRaises(sqlsec.SqlsecError) as caught:
            self.engine.rewrite("SELECT 1", user="userA", flink="9.9")
        self.assertEqual(caught.exception.code, "request-invalid")
        with self.assertRaises(sqlsec.SqlsecError):
            self.engine.check_document({"sql": "SELECT 1", "sqk": 1})

    def test_a_closed_engine_decides_nothing(self) -> None:
        self.engine.close()
        self.engine.close()
        with self.assertRaises(sqlsec.SqlsecError) as caught:
            self.engine.check("SELECT 1", user="userA")
        self.assertEqual(caught.exception.code, "handle-invalid")

    def test_one_call_for_one_script(self) -> None:
        sql = sqlsec.rewrite("SELECT order_id FROM shop.core.orders", "userB", SHOP / "policy.yaml", [SHOP / "tables.sql"])
        self.assertIn("region = 'hangzhou'", sql)

    def test_threads_share_an_engine(self) -> None:
        wrong: list[str] = []

        def run(user: str, region: str) -> None:
            for _ in range(200):
                sql = self.engine.rewrite("SELECT order_id FROM shop.core.orders", user).sql
                if f"region = '{region}'" not in sql:
                    wrong.append(sql)

        threads = [threading.Thread(target=run, args=a) for a in [("userA", "beijing"), ("userB", "hangzhou")] * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Opening(unittest.TestCase):
    def test_what_cannot_be_opened_says_why(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            policy = pathlib.Path(folder, "policy.yaml")
            policy.write_text("apiVersion: sqlsec/v1\nversion: 1\nrulez: []\n")
            with self.assertRaises(sqlsec.SqlsecError) as caught:
                sqlsec.Engine(policy)
            self.assertEqual((caught.exception.code, caught.exception.line), ("policy-invalid", 3))
            with self.assertRaises(sqlsec.SqlsecError) as caught:
                sqlsec.Engine(pathlib.Path(folder, "nothing.yaml"))
            self.assertEqual(caught.exception.code, "input-unreadable")

    def test_arguments_that_contradict_one_another(self) -> None:
        with self.assertRaises(ValueError):
            sqlsec.Engine()
        with self.assertRaises(ValueError):
            sqlsec.Engine("policy.yaml", config={})

    def test_an_audit_record_is_left(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            audit = pathlib.Path(folder, "audit.jsonl")
            with sqlsec.Engine(SHOP / "policy.yaml", [SHOP / "tables.sql"], audit=audit) as engine:
                engine.rewrite("SELECT order_id FROM shop.core.orders", "userA")
                engine.check("SELECT * FROM hr.payroll.salaries", "userA")
            decisions = [json.loads(line)["decision"] for line in audit.read_text().splitlines()]
            self.assertEqual(decisions, ["allow", "deny"])


class SharedCases(unittest.TestCase):
    """The records that `sqlsec-cases` writes: name, configuration, request, reply, what is expected, the SQL that is shown."""

    def test_every_case_is_answered_as_the_library_answers(self) -> None:
        file = os.environ.get("SQLSEC_SHARED_CASES")
        if not file:
            self.skipTest("SQLSEC_SHARED_CASES names no file: bindings/python/test makes one")
        with open(file, "rb") as stream:
            count, opened, engine = 0, None, None
            while head := stream.readline():
                texts = []
                for index in range(6):
                    length = int(head if index == 0 else stream.readline())
                    texts.append(stream.read(length).decode())
                    stream.read(1)
                name, config, request, reply, expected, _ = texts
                if config != opened:
                    if engine is not None:
                        engine.close()
                    opened, engine = config, sqlsec.Engine(config=config)
                assert engine is not None
                got = engine.check_document(json.loads(request))
                self.assertEqual(got.document, json.loads(reply), name)
                verdict = "allow" if got.allowed else f"deny:{got.errors[0].code}"
                self.assertEqual(verdict, expected, name)
                count += 1
        self.assertGreater(count, 1000)
        print(f"{count} shared cases")


if __name__ == "__main__":
    unittest.main()
