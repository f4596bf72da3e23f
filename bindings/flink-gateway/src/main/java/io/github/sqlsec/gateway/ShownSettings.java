package io.github.sqlsec.gateway;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.gateway.api.results.ResultSet;

/** The answer of {@code SET} without a key, which lists the gateway's whole configuration: only what the caller might set is left of it. */
final class ShownSettings {
  private ShownSettings() {}

  /**
   * The results of a SET with fewer rows.
   *
   * @param shown which of some settings may be shown
   */
  static ResultSet of(ResultSet results, UnaryOperator<Map<String, String>> shown) {
    if (results.getResultType() == ResultSet.ResultType.NOT_READY || results.getData().isEmpty()) {
      return results;
    }
    if (results.getResultSchema().getColumnCount() != 2) {
      // `SET key = value` answers OK.
      return results;
    }
    Map<String, String> all = new LinkedHashMap<>();
    results.getData().forEach(row -> all.put(text(row, 0), text(row, 1)));
    Map<String, String> left = shown.apply(all);
    List<RowData> rows = results.getData().stream().filter(row -> left.containsKey(text(row, 0))).collect(Collectors.toList());
    return (ResultSet) Proxy.newProxyInstance(ShownSettings.class.getClassLoader(), new Class<?>[] {ResultSet.class}, (proxy, method, args) -> {
      if (method.getName().equals("getData")) {
        return rows;
      }
      try {
        return method.invoke(results, args);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    });
  }

  private static String text(RowData row, int column) {
    return row.isNullAt(column) ? "" : row.getString(column).toString();
  }
}
