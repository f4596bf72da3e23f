package io.github.sqlsec;

/** An engine and a script that several tests use. */
final class Samples {
  private Samples() {}

  static final String SECRET = "S3CR3T";

  static final String POLICY =
      "apiVersion: sqlsec/v1\nversion: 7\nrules:\n"
          + "  - { id: region, type: row_filter, to: { users: [userA] }, on: { table: '*.*.orders' }, filter: \"region = 'S3CR3T'\" }\n";

  static Config config() {
    return Config.builder().policyText(POLICY).catalogSql("CREATE TABLE orders (id INT, region STRING)").build();
  }

  static Request request(String sql) {
    return Request.of(Principal.of("userA"), sql);
  }

  static final String SQL = "SELECT id FROM orders";
}
