"""The site of the end-to-end tests: policy, engine document, tokens, keys and the gateway's configuration, written below one folder."""
import base64, hashlib, hmac, json, os, subprocess, time

TOKENS = {user: f"{user}-token-0123456789abcdef" for user in ("admin", "alice", "bob")}
GROUPS = {"admin": ["admins"], "alice": ["sales"], "bob": []}
PROXY_SECRET = "proxy-secret-0123456789"
SECRET_OPTION = "s3cr3t-of-the-site"
BROKER = "127.0.0.1:19092"

POLICY = """apiVersion: sqlsec/v1
version: 1
defaults: {{ no_matching_filter: all, unknown_server: allow }}
masks:
  tail: {{ expression: "CONCAT('*******', RIGHT({{col}}, 4))" }}
rules:
  - {{ id: rows-name, type: row_filter, to: {{ users: [alice] }}, on: {{ table: "*.*.orders" }}, filter: "region = 'beijing'" }}
  - {{ id: rows-bytes, type: row_filter, to: {{ users: [alice] }}, on: {{ physical: "kafka://*/{topic}" }}, filter: "region = 'beijing'" }}
  - {{ id: phone-name, type: column_mask, to: {{ users: [alice] }}, on: {{ table: "*.*.orders", columns: [phone] }}, mask: tail }}
  - {{ id: phone-bytes, type: column_mask, to: {{ users: [alice] }}, on: {{ physical: "kafka://*/{topic}", columns: [phone] }}, mask: tail }}
  - {{ id: wages-closed, type: access, to: {{ users: [alice, bob] }}, on: {{ table: "*.*.wages" }}, privileges: [select, insert, describe, alter, drop], effect: deny }}
  - {{ id: admins-code, type: access, to: {{ groups: [admins] }}, on: {{ object: "**" }}, privileges: [catalog, function, module, jar, execute], effect: allow }}
"""


def write(folder, topic, gateway_port):
    """Writes the site; the lines for config.yaml."""
    os.makedirs(f"{folder}/catalogs", exist_ok=True)
    put = lambda name, text: open(f"{folder}/{name}", "w").write(text)
    put("policy.yaml", POLICY.format(topic=topic))
    put("engine.json", json.dumps({"policy": {"file": "policy.yaml"}}))
    put("tokens.json", json.dumps({"tokens": [
        {"sha256": hashlib.sha256(token.encode()).hexdigest(), "user": user, "groups": GROUPS[user]} for user, token in TOKENS.items()]}))
    put("proxy-secret", PROXY_SECRET)
    put("catalogs/site.yaml", 'type: "shared-memory"\n')
    keys(folder)
    p = "sql-gateway.endpoint.sqlsec."
    return "\n".join([
        f"{p}config: {folder}/engine.json",
        f"{p}open-info: true",
        # The stock client sends all of its own configuration.
        f"{p}session-properties: ignore",
        f"{p}auth.token-file: {folder}/tokens.json",
        f"{p}auth.jwt.jwks-file: {folder}/jwks.json",
        f"{p}auth.jwt.issuer: https://login.test",
        f"{p}auth.jwt.audience: gateway",
        f"{p}auth.jwt.groups-claim: groups",
        f"{p}auth.header.user: X-Forwarded-User",
        f"{p}auth.header.groups: X-Forwarded-Groups",
        f"{p}auth.header.secret-header: X-Proxy-Secret",
        f"{p}auth.header.secret-file: {folder}/proxy-secret",
        "table.catalog-store.kind: file",
        f"table.catalog-store.file.path: {folder}/catalogs",
        f"site.password: {SECRET_OPTION}",
    ])


def keys(folder):
    if not os.path.exists(f"{folder}/key.pem"):
        subprocess.run(["openssl", "genrsa", "-out", f"{folder}/key.pem", "2048"], check=True, capture_output=True)
    modulus = subprocess.run(["openssl", "rsa", "-in", f"{folder}/key.pem", "-noout", "-modulus"], check=True, capture_output=True, text=True)
    n = bytes.fromhex(modulus.stdout.strip().split("=")[1])
    json.dump({"keys": [{"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "n": url64(n), "e": "AQAB"}]}, open(f"{folder}/jwks.json", "w"))


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(folder, user, algorithm="RS256", seconds=300, **claims):
    """A web token of this user; other claims replace those of the site."""
    header = {"alg": algorithm, "kid": "k1", "typ": "JWT"}
    body = {"iss": "https://login.test", "aud": "gateway", "sub": user, "exp": int(time.time()) + seconds, **claims}
    text = ".".join(url64(json.dumps(part).encode()) for part in (header, body))
    if algorithm == "none":
        return text + "."
    if algorithm == "HS256":
        # The classic confusion: the public key as the secret of a MAC.
        return text + "." + url64(hmac.new(open(f"{folder}/jwks.json", "rb").read(), text.encode(), hashlib.sha256).digest())
    signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{folder}/key.pem"], input=text.encode(), check=True, capture_output=True)
    return text + "." + url64(signed.stdout)
