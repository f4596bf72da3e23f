package io.github.sqlsec.gateway;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ArrayNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.flink.table.catalog.CatalogBaseTable;
import org.apache.flink.table.catalog.CatalogTable;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.ResolvedCatalogBaseTable;
import org.apache.flink.table.catalog.ResolvedCatalogView;
import org.apache.flink.table.catalog.ResolvedSchema;
import org.apache.flink.table.types.logical.LogicalType;

/**
 * What Flink itself knows of the names of one statement, as the catalog document of a request (schema/catalog.json). Not for threads.
 *
 * <p>The engine asks only about names that the session has not made: of those it knows how they were declared.
 */
final class LiveCatalog {
  /** Where tables are looked up: the gateway's service, in one session. */
  interface Lookup {
    /**
     * A table or view.
     *
     * @return empty when there is none
     * @throws RuntimeException it is not known whether there is one: the statement is refused
     */
    Optional<ResolvedCatalogBaseTable<?>> find(String catalog, String database, String table);

    /** What CREATE CATALOG said of a catalog: it gives tables their address, and says whether their names have a letter case. Empty where Flink does not know. */
    default Map<String, String> options(String catalog) {
      return Collections.emptyMap();
    }
  }

  private final Lookup lookup;
  private final ObjectNode document = Documents.MAPPER.createObjectNode();
  private final ArrayNode tables = document.putArray("tables");
  private final ArrayNode views = document.putArray("views");
  private final ArrayNode absent = document.putArray("absent");
  private final ArrayNode catalogs = document.putArray("catalogs");
  private final Set<String> described = new HashSet<>();

  LiveCatalog(Lookup lookup) {
    this.lookup = lookup;
  }

  /** Another one, in which nothing is described yet. */
  LiveCatalog fresh() {
    return new LiveCatalog(lookup);
  }

  String document() {
    try {
      return Documents.MAPPER.writeValueAsString(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  void describe(TableKey name) {
    if (described.add(name.catalog)) {
      Map<String, String> options = lookup.options(name.catalog);
      if (!options.isEmpty()) {
        ObjectNode catalog = catalogs.addObject().put("name", name.catalog);
        ObjectNode said = catalog.putObject("options");
        options.forEach(said::put);
      }
    }
    Optional<ResolvedCatalogBaseTable<?>> found = lookup.find(name.catalog, name.database, name.table);
    if (!found.isPresent()) {
      named(name, absent.addArray());
    } else if (found.get().getTableKind() == CatalogBaseTable.TableKind.VIEW) {
      view(name, found.get());
    } else {
      table(name, found.get());
    }
  }

  private void view(TableKey name, ResolvedCatalogBaseTable<?> found) {
    // The text with all names in full: it does not hang on the session's current database.
    String text = found instanceof ResolvedCatalogView ? ((ResolvedCatalogView) found).getExpandedQuery() : null;
    if (text == null) {
      throw Refusal.of("catalog-unavailable", "a view without a text");
    }
    ObjectNode view = views.addObject();
    named(name, view.putArray("name"));
    view.put("text", text);
    ArrayNode columns = view.putArray("columns");
    found.getResolvedSchema().getColumnNames().forEach(columns::add);
  }

  private void table(TableKey name, ResolvedCatalogBaseTable<?> found) {
    ResolvedSchema schema = found.getResolvedSchema();
    ObjectNode table = tables.addObject();
    named(name, table.putArray("name"));
    ArrayNode columns = table.putArray("columns");
    for (Column column : schema.getColumns()) {
      column(column, schema, columns.addObject());
    }
    ArrayNode key = table.putArray("primary_key");
    schema.getPrimaryKey().ifPresent(constraint -> constraint.getColumns().forEach(key::add));
    if (!schema.getWatermarkSpecs().isEmpty()) {
      table.put("watermark", schema.getWatermarkSpecs().get(0).getRowtimeAttribute());
    }
    if (found.getOrigin() instanceof CatalogTable) {
      ArrayNode partitions = table.putArray("partitioned_by");
      ((CatalogTable) found.getOrigin()).getPartitionKeys().forEach(partitions::add);
    }
    ObjectNode options = table.putObject("options");
    found.getOptions().forEach(options::put);
  }

  private static void column(Column column, ResolvedSchema schema, ObjectNode node) {
    node.put("name", column.getName());
    node.put("type", type(column.getDataType().getLogicalType()));
    if (column instanceof Column.MetadataColumn) {
      Column.MetadataColumn metadata = (Column.MetadataColumn) column;
      ObjectNode kind = node.putObject("kind").putObject("metadata");
      metadata.getMetadataKey().ifPresent(key -> kind.put("key", key));
      kind.put("virtual", metadata.isVirtual());
    } else if (column instanceof Column.ComputedColumn) {
      String expression = ((Column.ComputedColumn) column).getExpression().asSerializableString();
      ObjectNode kind = node.putObject("kind").putObject("computed");
      kind.put("expression", expression);
      kind.put("proctime", expression.trim().equalsIgnoreCase("PROCTIME()"));
      ArrayNode reads = kind.putArray("reads");
      reads(expression, column.getName(), schema).forEach(reads::add);
    } else if (column instanceof Column.PhysicalColumn) {
      node.put("kind", "physical");
    } else {
      throw Refusal.of("catalog-unavailable", "a column of an unknown kind");
    }
  }

  /**
   * The columns that an expression may read: those whose name stands in its text, wherever. One too many hides too much; the text of another spelling (an
   * escape) makes it all of them.
   */
  static List<String> reads(String expression, String self, ResolvedSchema schema) {
    boolean escaped = expression.contains("\\") || expression.contains("``") || expression.toUpperCase(java.util.Locale.ROOT).contains("U&");
    List<String> reads = new ArrayList<>();
    for (Column other : schema.getColumns()) {
      boolean stored = !(other instanceof Column.ComputedColumn);
      if (stored && !other.getName().equals(self) && (escaped || expression.contains(other.getName()))) {
        reads.add(other.getName());
      }
    }
    return reads;
  }

  /** As SQL text; null for a type that has none: a mask finds no form for it, and closes the column. */
  private static String type(LogicalType type) {
    switch (type.getTypeRoot()) {
      case RAW:
      case SYMBOL:
      case UNRESOLVED:
      case STRUCTURED_TYPE:
      case DISTINCT_TYPE:
        return null;
      default:
        try {
          return type.asSerializableString();
        } catch (RuntimeException e) {
          return null;
        }
    }
  }

  private static void named(TableKey name, ArrayNode parts) {
    parts.add(name.catalog).add(name.database).add(name.table);
  }
}
