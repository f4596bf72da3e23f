package io.github.sqlsec;

import java.util.List;

/** The full name of a table or view. Case-sensitive, as in Flink. */
public final class TableName {
  private final String catalog;
  private final String database;
  private final String table;

  TableName(Object document) {
    List<String> parts = Json.strings(document);
    catalog = parts.get(0);
    database = parts.get(1);
    table = parts.get(2);
  }

  /**
   * The catalog.
   *
   * @return its name
   */
  public String catalog() {
    return catalog;
  }

  /**
   * The database.
   *
   * @return its name
   */
  public String database() {
    return database;
  }

  /**
   * The table.
   *
   * @return its name
   */
  public String table() {
    return table;
  }

  /**
   * For people: names with dots in them look like more than one.
   *
   * @return the three parts with dots between them
   */
  @Override
  public String toString() {
    return catalog + "." + database + "." + table;
  }
}
