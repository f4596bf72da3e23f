#!/usr/bin/env python3
"""A real StreamPark console with the plug-in, and the same without it as the control: jobs run in the console's own local Flink, over files.

run.py STREAMPARK FLINK JAR OUT: the folder of a StreamPark with `lib` and `client`, a Flink home of a version that its `lib` has shims for, with the planner
in `opt`, the plug-in, and a folder for what is written. Needs `java` and some 1.5 GB; a console takes half a minute to start.
"""
import base64
import glob
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
import zlib

PORT = int(os.environ.get("SQLSEC_STREAMPARK_PORT", "10123"))
URL = f"http://127.0.0.1:{PORT}/"
TEAM = 100000
ADMIN, TEST1 = 100000, 100001
OPENS = ["java.lang", "java.lang.reflect", "java.net", "java.util", "java.io", "java.text", "java.nio", "java.util.concurrent", "java.math", "sun.nio.ch"]
POLICY = """apiVersion: sqlsec/v1
version: 1
roles: [{ name: developer }]
rules:
  - { id: rows, type: row_filter, to: { users: [admin] }, on: { table: '*.*.orders' }, filter: "region = 'beijing'" }
  - { id: others, type: row_filter, to: { users: [test1] }, on: { table: '*.*.orders' }, filter: "region = 'shanghai'" }
  - { id: closed, type: access, to: { roles: [developer] }, on: { table: '*.*.wages' }, privileges: [select], effect: deny }
"""
TABLES = "CREATE TABLE wages (id BIGINT) WITH ('connector' = 'datagen');\n"
failed = 0


def check(claim, holds, shown=""):
    global failed
    failed += not holds
    print(("ok      " if holds else "FAILED  ") + claim + ("" if holds else f": {shown}"), flush=True)


def packed(text):
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


class Console:
    """A console below a folder of its own, with a database of its own, and its jobs."""

    def __init__(self, streampark, flink, jar, out):
        self.streampark, self.jar, self.out = streampark, jar, out
        shutil.rmtree(out, ignore_errors=True)
        for folder in ("console/lib", "console/conf", "console/logs", "console/temp", "console/plugins", "tmp", "work", "data/in", "flink/conf", "flink/plugins"):
            os.makedirs(f"{out}/{folder}")
        for path in glob.glob(f"{streampark}/lib/*.jar"):
            if "sqlsec" not in os.path.basename(path):
                os.symlink(os.path.abspath(path), f"{out}/console/lib/{os.path.basename(path)}")
        if jar:
            shutil.copy(jar, f"{out}/console/lib/")
        os.symlink(os.path.abspath(f"{streampark}/client"), f"{out}/console/client")
        for part in ("lib", "opt"):
            os.symlink(os.path.abspath(f"{flink}/{part}"), f"{out}/flink/{part}")
        for name in ("config.yaml", "flink-conf.yaml"):
            self.write(f"flink/conf/{name}", "jobmanager.rpc.address: localhost\nrest.bind-port: 20000-29999\n")
        self.write(
            "console/conf/config.yaml",
            f"server:\n  port: {PORT}\n  session:\n    ttl: 2h\ndatasource:\n  dialect: h2\n  h2-data-dir: {out}/h2\n"
            f"streampark:\n  workspace:\n    local: {out}/work\n    remote: hdfs:///streampark/\n  hadoop-user-name: hdfs\n  project:\n    max-build: 16\n",
        )
        self.write("console/conf/sqlsec.json", '{"policy": {"file": "policy.yaml"}, "catalog": [{"file": "tables.sql"}]}')
        self.write("console/conf/policy.yaml", POLICY)
        self.write("console/conf/tables.sql", TABLES)
        rows = [{"id": i, "region": r} for i, r in enumerate(("beijing", "shanghai", "beijing", "hangzhou"), 1)]
        self.write("data/in/orders.json", "".join(json.dumps(row) + "\n" for row in rows))
        self.jobs = {}
        self.seed()

    def write(self, name, text):
        with open(f"{self.out}/{name}", "w") as file:
            file.write(text)

    def sql(self, source):
        """Each job writes to a folder that a variable names, with its own number."""
        number = len(self.jobs) + 1
        options = "'connector' = 'filesystem', 'format' = 'json', 'path' = "
        return (
            "SET 'execution.runtime-mode' = 'BATCH';\n"
            f"CREATE TABLE orders (id BIGINT, region STRING) WITH ({options}'file://{self.out}/data/in');\n"
            f"CREATE TABLE sink (id BIGINT, region STRING) WITH ({options}'file://{self.out}/data/${{out.folder}}{number}');\n"
            f"INSERT INTO sink SELECT id, region FROM {source};\n"
        )

    def job(self, name, source="orders", **columns):
        text = self.sql(source)
        self.jobs[name] = (len(self.jobs) + 1, text, columns)

    def seed(self):
        self.job("plain")
        self.job("variable", "${src.table}")
        self.job("wages", "wages")
        self.job("hidden", "${hidden.table}")
        self.job("custom", job_type=1, main_class="Main")
        self.job("dialect", dynamic_properties="-Dtable.sql-dialect=hive")
        self.job("client", app_type=2, args="--sql x")
        self.job("foreign", user_id=TEST1)
        console = glob.glob(f"{self.streampark}/lib/streampark-console-service*.jar")[0]
        with zipfile.ZipFile(console) as archive:
            schema = archive.read("db/schema-h2.sql").decode()
            data = archive.read("db/data-h2.sql").decode()
        self.dev = "`deploy_mode`" in schema
        client = glob.glob(f"{self.streampark}/client/*flink-sqlclient*.jar")[0]
        built = json.dumps({"workspacePath": f"{self.out}/work", "shadedJarPath": os.path.abspath(client), "pass": True})
        statements = []
        for name, (number, text, columns) in self.jobs.items():
            row = dict(team_id=TEAM, job_type=2, job_name=name, user_id=ADMIN, app_type=1, version_id=1, state=0, restart_size=3, restart_count=0)
            row.update({"id": number, ("deploy_mode" if self.dev else "execution_mode"): 0, "options": "{}", "tracking": 0, "release": 0, "build": 0})
            row.update(columns)
            self.insert(statements, "t_flink_app", row)
            self.insert(statements, "t_flink_sql", {"id": number, "app_id": number, "sql": packed(text), "version": 1, "candidate": 1})
            pipe = dict(app_id=number, pipe_type=3, pipe_status=3, cur_step=1, total_step=1, build_result=built)
            self.insert(statements, "t_app_build_pipe", pipe)
        for number, (code, value) in enumerate((("out.folder", "out"), ("src.table", "orders"), ("hidden.table", "wages")), 900):
            row = dict(id=number, variable_code=code, variable_value=value, description="", creator_id=ADMIN, team_id=TEAM, desensitization=0)
            self.insert(statements, "t_variable", row)
        self.write("seed.sql", schema + "\n" + data + "\n" + "\n".join(statements) + "\n")
        database = f"jdbc:h2:file:{self.out}/h2/metadata;MODE=MySQL;DATABASE_TO_LOWER=true"
        h2 = glob.glob(f"{self.streampark}/lib/h2-*.jar")[0]
        script = ["java", "-cp", h2, "org.h2.tools.RunScript", "-url", database, "-user", "admin", "-password", "streampark", "-script", f"{self.out}/seed.sql"]
        subprocess.run(script + ["-continueOnError"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def insert(statements, table, row):
        names = ", ".join(f"`{name}`" for name in row)
        values = ", ".join(str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'" for value in row.values())
        statements.append(f"insert into {table} ({names}) values ({values});")

    def __enter__(self):
        jars = [jar for jar in sorted(glob.glob(f"{self.out}/console/lib/*.jar")) if "streampark-flink-shims_" not in jar]
        command = ["java", "-Xmx1500m"]
        for package in OPENS:
            command += ["--add-opens", f"java.base/{package}=ALL-UNNAMED"]
        command += [f"-Dapp.home={self.out}/console", f"-Djava.io.tmpdir={self.out}/tmp", "-cp", ":".join(jars)]
        environment = dict(os.environ, FLINK_CONF_DIR=f"{self.out}/flink/conf")
        self.log = f"{self.out}/console.log"
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                command + ["org.apache.streampark.console.StreamParkConsoleBootstrap"], cwd=f"{self.out}/console", env=environment, stdout=log, stderr=log)
        for _ in range(360):
            time.sleep(0.5)
            if "Started StreamParkConsoleBootstrap" in self.said():
                return self
            if self.process.poll() is not None:
                break
        self.__exit__()
        raise SystemExit(f"the console does not start: {self.log}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def said(self):
        with open(self.log, errors="replace") as log:
            return log.read()

    def login(self, user):
        self.token = None
        self.token = self.call("passport/signin", username=user, password="streampark", loginType="PASSWORD")["data"]["token"]
        if isinstance(self.token, dict):
            self.token = self.token["token"]

    def call(self, path, **values):
        request = urllib.request.Request(URL + path, urllib.parse.urlencode(values).encode())
        if self.token:
            request.add_header("Authorization", self.token)
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            return {"data": None, "message": error.read().decode(errors="replace")}

    def start(self, name):
        number = self.jobs[name][0]
        reply = self.call(
            "openapi/app/start", id=number, appId=number, teamId=TEAM, restoreOrTriggerSavepoint="false", allowNonRestored="false")
        return str(reply.get("message") or "started")

    def rows(self, name, wanted=1):
        """The regions that a job has written, when it has written something or its time is over."""
        number = self.jobs[name][0]
        found = []
        for _ in range(120 if wanted else 1):
            found = []
            for path in glob.glob(f"{self.out}/data/out{number}/part-*"):
                with open(path) as part:
                    found += [json.loads(line)["region"] for line in part]
            if found:
                break
            time.sleep(0.5)
        return sorted(found)

    def flink(self):
        reply = self.call("flink/env/create", flinkName="flink", flinkHome=f"{self.out}/flink")
        if reply.get("data") is not True:
            raise SystemExit(f"StreamPark does not take this Flink: {str(reply)[:500]}")

    def verify(self, name, change=lambda text: text):
        return self.call("flink/sql/verify", sql=change(self.jobs[name][1]), versionId=1, teamId=TEAM)


def protected(console):
    console.login("admin")
    console.flink()
    check("the plug-in stands before its doors", "sqlsec: stands before [" in console.said())
    check("verify: what is allowed", console.verify("plain").get("data") is True, console.verify("plain"))
    reply = console.verify("wages")
    check("verify: a denial on its line", reply.get("data") is False and reply.get("start") == 4 and "access-denied" in reply.get("message", ""), reply)
    reply = console.verify("hidden")
    check("verify: a table behind a variable", reply.get("data") is False and "access-denied" in reply.get("message", ""), reply)
    for name in ("plain", "variable"):
        said = console.start(name)
        check(f"start `{name}`: only the owner's rows are written", console.rows(name) == ["beijing", "beijing"], f"{said} {console.rows(name, 0)}")
    for name, code in (
        ("wages", "access-denied"), ("hidden", "access-denied"), ("custom", "job-denied"), ("dialect", "setting-denied"), ("client", "job-denied")):
        said = console.start(name)
        check(f"start `{name}`: {code}", code in said and not console.rows(name, 0), said)
    said = console.start("foreign")
    check("start of another's job, who sees other rows: starter-differs", "starter-differs" in said and not console.rows("foreign", 0), said)
    console.login("test1")
    reply = console.verify("plain")
    check("verify by another", reply.get("data") is True, reply)


def stock(console):
    console.login("admin")
    console.flink()
    check("control: without the plug-in a denied text is verified", console.verify("wages", lambda text: text).get("data") is True)
    console.start("plain")
    check("control: without the plug-in all rows are written", console.rows("plain") == ["beijing", "beijing", "hangzhou", "shanghai"], console.rows("plain", 0))


def main():
    streampark, flink, jar, out = (os.path.abspath(path) for path in sys.argv[1:5])
    console = Console(streampark, flink, jar, out + "/protected")
    with console:
        protected(console)
    console = Console(streampark, flink, None, out + "/stock")
    with console:
        stock(console)
    print(f"{failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
