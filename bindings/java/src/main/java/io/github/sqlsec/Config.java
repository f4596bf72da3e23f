package io.github.sqlsec;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where the rules and the tables are: the configuration document of docs/embedding-c.md. */
public final class Config {
  private final String json;

  private Config(String json) {
    this.json = json;
  }

  /**
   * A configuration document.
   *
   * @param json the document
   * @return the configuration
   */
  public static Config ofJson(String json) {
    return new Config(json);
  }

  /**
   * A configuration document in a file. Paths in it that are relative are beside the file, unless it has a {@code folder}.
   *
   * @param file the file, in UTF-8
   * @return the configuration
   * @throws SqlSecException the file cannot be read, or is no JSON object
   */
  public static Config ofFile(Path file) {
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      Map<String, Object> document = Json.object(Json.parse(text));
      if (!document.containsKey("folder")) {
        document.put("folder", file.toAbsolutePath().getParent().toString());
        return new Config(Json.write(document));
      }
      return new Config(text);
    } catch (IOException e) {
      throw SqlSecException.of("input-unreadable", "cannot read `" + file + "`: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw SqlSecException.of("config-invalid", file + ": " + e.getMessage(), e);
    }
  }

  /**
   * A configuration to be put together.
   *
   * @return an empty one
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The document.
   *
   * @return JSON
   */
  public String json() {
    return json;
  }

  /** Puts a configuration together. */
  public static final class Builder {
    private final Map<String, Object> document = new LinkedHashMap<>();
    private final List<Object> catalog = new ArrayList<>();

    private Builder() {}

    /**
     * The folder that relative paths are below.
     *
     * @param folder the folder
     * @return this
     */
    public Builder folder(String folder) {
      return put("folder", folder);
    }

    /**
     * Rules in a policy file.
     *
     * @param file the file
     * @return this
     */
    public Builder policyFile(String file) {
      return put("policy", Collections.singletonMap("file", file));
    }

    /**
     * Rules in a policy document.
     *
     * @param text YAML or JSON
     * @return this
     */
    public Builder policyText(String text) {
      return put("policy", Collections.singletonMap("text", text));
    }

    /**
     * Tables and views in a file, over those before.
     *
     * @param file the file: {@code .sql} or {@code .json}
     * @return this
     */
    public Builder catalogFile(String file) {
      catalog.add(Collections.singletonMap("file", file));
      return this;
    }

    /**
     * Tables and views as Flink DDL, over those before.
     *
     * @param ddl the statements
     * @return this
     */
    public Builder catalogSql(String ddl) {
      catalog.add(Collections.singletonMap("sql", ddl));
      return this;
    }

    /**
     * The store that keeps the lineage of all jobs, so that masks follow the data from job to job.
     *
     * @param store a file, or {@code postgres://user@host/database}; it must be there ({@code part("lineage", …)} has the other settings)
     * @return this
     */
    public Builder lineage(String store) {
      return put("lineage", Collections.singletonMap("store", store));
    }

    /**
     * Any other part of the document, such as {@code service}, {@code cache} or {@code ranger}.
     *
     * @param key the key
     * @param json its value, JSON
     * @return this
     * @throws IllegalArgumentException it is no JSON
     */
    public Builder part(String key, String json) {
      return put(key, Json.parse(json));
    }

    /**
     * The configuration.
     *
     * @return the configuration so far
     */
    public Config build() {
      Map<String, Object> all = new LinkedHashMap<>(document);
      if (!catalog.isEmpty()) {
        all.put("catalog", catalog);
      }
      return new Config(Json.write(all));
    }

    private Builder put(String key, Object value) {
      document.put(key, value);
      return this;
    }
  }
}
