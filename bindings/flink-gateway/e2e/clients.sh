#!/usr/bin/env bash
# The stock SQL client in gateway mode and the Flink JDBC driver, as alice: `clients.sh FLINK_HOME FLINK_VERSION HOST:PORT CONF_DIR OUT_DIR`. Each must show the two
# masked rows, refuse the closed table with a place, and not be let in without a token.
set -euo pipefail
cd "$(dirname "$0")"
home=$1 version=$2 address=$3 conf=$4 out=$5
export FLINK_CONF_DIR=$conf
token="Authorization:Bearer $(python3 -c 'import testsite; print(testsite.TOKENS["alice"])')"
orders='SELECT * FROM site.`default`.orders' wages='SELECT * FROM site.`default`.wages'
shown() { grep -q '\*\*\*\*\*\*\*0001' "$1" && grep -q '\*\*\*\*\*\*\*0003' "$1" && ! grep -qE '1[0-9]{10}|hangzhou' "$1"; }
refused() { grep -q 'sqlsec: access-denied: .* at line 1, column 15' "$1" && ! grep -q 987654 "$1"; }

client() { # NAME TOKEN FILE
  FLINK_REST_CLIENT_HEADERS=$2 timeout 120 java -Xmx300m -cp "$(ls "$home"/lib/*.jar "$home"/opt/flink-sql-client-*.jar "$home"/opt/flink-sql-gateway-*.jar | tr '\n' ':')" \
    org.apache.flink.table.client.SqlClient gateway -e "$address" -f "$3" >"$out/$1" 2>&1 || true
}
printf "SET 'sql-client.execution.result-mode' = 'tableau';\n%s;\n%s;\n" "$orders" "$wages" >"$out/client.sql"
client sql-client.out "$token" "$out/client.sql"
client sql-client-no-token.out "" "$out/client.sql"
shown "$out/sql-client.out" && refused "$out/sql-client.out" && grep -q 'unauthenticated' "$out/sql-client-no-token.out" ||
  { echo "SQL client: not as it should be, see $out/sql-client.out" >&2; exit 1; }
echo "Flink $version: the stock SQL client shows masked rows, refuses with a place, and is not let in without a token"

driver=$out/../jdbc
for artifact in org.apache.flink:flink-sql-jdbc-driver-bundle:2.3.0 org.slf4j:slf4j-api:1.7.36 org.slf4j:slf4j-nop:1.7.36; do
  file=${artifact#*:}
  [ -f "$driver/${file/:/-}.jar" ] || mvn -q -B dependency:copy -Dartifact="$artifact" -DoutputDirectory="$driver" >/dev/null
done
jdbc() { FLINK_REST_CLIENT_HEADERS=$2 timeout 120 java -Xmx300m -cp "$driver/*" Jdbc.java "$address" "$orders" "$wages" >"$out/$1" 2>&1 || true; }
jdbc jdbc.out "$token"
jdbc jdbc-no-token.out ""
shown "$out/jdbc.out" && refused "$out/jdbc.out" && grep -q 'unauthenticated' "$out/jdbc-no-token.out" ||
  { echo "JDBC driver: not as it should be, see $out/jdbc.out" >&2; exit 1; }
echo "Flink $version: the JDBC driver (2.3.0) shows masked rows, refuses with a place, and is not let in without a token"
