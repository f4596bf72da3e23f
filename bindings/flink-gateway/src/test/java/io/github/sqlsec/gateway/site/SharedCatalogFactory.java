package io.github.sqlsec.gateway.site;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.catalog.Catalog;
import org.apache.flink.table.catalog.GenericInMemoryCatalog;
import org.apache.flink.table.factories.CatalogFactory;

/** A catalog that all sessions of a gateway share, as a metastore would be: tables in memory, one set for each name in this JVM. */
public final class SharedCatalogFactory implements CatalogFactory {
  private static final Map<String, Catalog> SHARED = new ConcurrentHashMap<>();

  @Override
  public String factoryIdentifier() {
    return "shared-memory";
  }

  @Override
  public Set<ConfigOption<?>> requiredOptions() {
    return Collections.emptySet();
  }

  @Override
  public Set<ConfigOption<?>> optionalOptions() {
    return Collections.emptySet();
  }

  @Override
  public Catalog createCatalog(Context context) {
    return SHARED.computeIfAbsent(context.getName(), GenericInMemoryCatalog::new);
  }
}
