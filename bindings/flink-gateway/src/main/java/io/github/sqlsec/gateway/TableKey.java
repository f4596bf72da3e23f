package io.github.sqlsec.gateway;

import io.github.sqlsec.TableName;
import java.util.Arrays;
import java.util.List;

/** The full name of a table, to be compared. */
final class TableKey {
  final String catalog;
  final String database;
  final String table;

  TableKey(TableName name) {
    catalog = name.catalog();
    database = name.database();
    table = name.table();
  }

  private List<String> parts() {
    return Arrays.asList(catalog, database, table);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TableKey && parts().equals(((TableKey) other).parts());
  }

  @Override
  public int hashCode() {
    return parts().hashCode();
  }
}
