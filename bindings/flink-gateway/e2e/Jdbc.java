import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The stock JDBC driver as a client: {@code Jdbc HOST:PORT STATEMENT...} prints the rows of each, or its error. The token is in FLINK_REST_CLIENT_HEADERS. */
public final class Jdbc {
  public static void main(String[] arguments) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:flink://" + arguments[0]);
        Statement statement = connection.createStatement()) {
      for (int i = 1; i < arguments.length; i++) {
        System.out.println(arguments[i] + " -> " + run(statement, arguments[i]));
      }
    }
    System.exit(0);
  }

  private static String run(Statement statement, String sql) {
    try {
      if (!statement.execute(sql)) {
        return "OK";
      }
      List<String> rows = new ArrayList<>();
      try (ResultSet results = statement.getResultSet()) {
        while (results.next()) {
          List<String> row = new ArrayList<>();
          for (int column = 1; column <= results.getMetaData().getColumnCount(); column++) {
            row.add(String.valueOf(results.getObject(column)));
          }
          rows.add(String.join(",", row));
        }
      }
      return rows.toString();
    } catch (SQLException | RuntimeException e) {
      StringBuilder text = new StringBuilder("error");
      for (Throwable at = e; at != null; at = at.getCause()) {
        for (String line : String.valueOf(at.getMessage()).split("\n")) {
          if (line.contains("sqlsec:")) {
            return text + " " + line.trim();
          }
        }
      }
      return text + " " + e;
    }
  }
}
