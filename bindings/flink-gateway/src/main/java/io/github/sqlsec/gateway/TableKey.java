package io.github.sqlsec.gateway;

import io.github.sqlsec.TableName;
import java.util.Arrays;
import java.util.List;

/** The three parts of a name, to be compared. */
final class TableKey {
  private final List<String> parts;

  TableKey(TableName name) {
    parts = Arrays.asList(name.catalog(), name.database(), name.table());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TableKey && parts.equals(((TableKey) other).parts);
  }

  @Override
  public int hashCode() {
    return parts.hashCode();
  }
}
