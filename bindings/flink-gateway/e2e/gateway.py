"""A client of the gateway's REST API, with headers of its own and access to every call."""
import json, time, urllib.error, urllib.request


class Failed(Exception):
    """An answer that is no success."""

    def __init__(self, status, body):
        errors = body.get("errors", [str(body)]) if isinstance(body, dict) else [str(body)]
        self.status, self.text = status, "\n".join(map(str, errors))
        causes = [line for line in self.text.splitlines() if line.startswith("Caused by:") or "sqlsec:" in line or "does not exist" in line]
        self.short = (next((c for c in causes if "sqlsec:" in c), None) or (causes[-1] if causes else errors[-1].splitlines()[0]))[:220]
        super().__init__(f"{status} {self.short}")


class Gateway:
    def __init__(self, url, headers, version):
        self.url, self.headers, self.version = url, headers, version

    def call(self, method, path, body=None, headers=None, version=None):
        version = self.version if version is None else version
        full = f"{self.url}/{version}{path}" if version else self.url + path
        sent = {"Content-Type": "application/json", **(self.headers if headers is None else headers)}
        request = urllib.request.Request(full, method=method, data=None if body is None else json.dumps(body).encode(), headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return json.loads(reply.read() or b"{}")
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                body = json.loads(text)
            except ValueError:
                body = {"errors": [text.decode(errors="replace")]}
            raise Failed(error.code, body) from None

    def open(self, **properties):
        return self.call("POST", "/sessions", {"properties": properties})["sessionHandle"]

    def submit(self, session, sql, config=None):
        body = {"statement": sql}
        if config:
            body["executionConfig"] = config
        return self.call("POST", f"/sessions/{session}/statements", body)["operationHandle"]

    def rows(self, session, operation, seconds=90):
        path, rows, end = f"/sessions/{session}/operations/{operation}/result/0?rowFormat=JSON", [], time.time() + seconds
        while path and time.time() < end:
            reply = self.call("GET", path)
            rows += [row["fields"] for row in reply.get("results", {}).get("data", [])]
            if reply["resultType"] == "EOS":
                return rows
            if reply["resultType"] == "NOT_READY" or not reply.get("results", {}).get("data"):
                time.sleep(0.05)
            following = reply.get("nextResultUri")
            path = following and following[following.index("/sessions"):]
        raise Failed(0, {"errors": ["no end of the results"]})

    def run(self, session, sql, config=None):
        return self.rows(session, self.submit(session, sql, config))
