package io.github.sqlsec;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A statement as it was understood. */
public final class Statement {
  private final String kind;
  private final Span span;
  private final int line;
  private final List<Input> inputs;
  private final List<Output> outputs;
  private final List<Applied> applied;
  private final List<Edit> edits;

  Statement(Map<String, Object> document) {
    kind = document.get("kind").toString();
    span = Span.of(document.get("span"));
    line = ((Number) document.get("line")).intValue();
    inputs = each(document.get("inputs"), Input::new);
    outputs = each(document.get("outputs"), Output::new);
    applied = each(document.get("applied"), Applied::new);
    edits = each(document.get("edits"), Edit::new);
  }

  private static <T> List<T> each(Object list, Function<Map<String, Object>, T> read) {
    List<T> all = new ArrayList<>();
    for (Object item : Json.list(list)) {
      all.add(read.apply(Json.object(item)));
    }
    return Collections.unmodifiableList(all);
  }

  private static List<String> strings(Object list) {
    return Collections.unmodifiableList(Json.strings(list));
  }

  /**
   * What kind of statement.
   *
   * @return such as {@code query} (docs/statements.md)
   */
  public String kind() {
    return kind;
  }

  /**
   * Its place in the script.
   *
   * @return the place
   */
  public Span span() {
    return span;
  }

  /**
   * The line of its first word.
   *
   * @return from 1
   */
  public int line() {
    return line;
  }

  /**
   * What it reads.
   *
   * @return one entry a reference
   */
  public List<Input> inputs() {
    return inputs;
  }

  /**
   * What it writes or makes.
   *
   * @return the tables
   */
  public List<Output> outputs() {
    return outputs;
  }

  /**
   * What was applied.
   *
   * @return one entry a protected table
   */
  public List<Applied> applied() {
    return applied;
  }

  /**
   * The edits of the script; none in a refusal.
   *
   * @return in the order of the text
   */
  public List<Edit> edits() {
    return edits;
  }

  /** A table that is written or made. */
  public static class Output {
    private final String written;
    private final Span span;
    private final TableName name;
    private final List<String> physical;

    Output(Map<String, Object> document) {
      written = document.get("as_written").toString();
      span = Span.of(document.get("span"));
      name = new TableName(document.get("name"));
      physical = strings(document.get("physical"));
    }

    /**
     * The name in the script.
     *
     * @return as it is written there
     */
    public String asWritten() {
      return written;
    }

    /**
     * Its place in the script.
     *
     * @return the place
     */
    public Span span() {
      return span;
    }

    /**
     * What the name means.
     *
     * @return the full name
     */
    public TableName name() {
      return name;
    }

    /**
     * Its physical names, where its options say them.
     *
     * @return such as a topic with its servers
     */
    public List<String> physical() {
      return physical;
    }
  }

  /** A table or view that is read. */
  public static final class Input extends Output {
    private final List<String> columns;
    private final boolean view;

    Input(Map<String, Object> document) {
      super(document);
      columns = strings(document.get("columns"));
      view = Boolean.TRUE.equals(document.get("view"));
    }

    /**
     * The columns that are read.
     *
     * @return sorted
     */
    public List<String> columns() {
      return columns;
    }

    /**
     * Whether it is a view.
     *
     * @return whether it is
     */
    public boolean isView() {
      return view;
    }
  }

  /** What was applied to one table. */
  public static final class Applied {
    private final TableName table;
    private final List<String> filters;
    private final List<Mask> masks;

    Applied(Map<String, Object> document) {
      table = new TableName(document.get("table"));
      filters = strings(document.get("row_filter"));
      masks = each(document.get("masks"), Mask::new);
    }

    /**
     * The table or view.
     *
     * @return the full name
     */
    public TableName table() {
      return table;
    }

    /**
     * The rules whose row filters hold.
     *
     * @return their ids; none when all rows show
     */
    public List<String> rowFilters() {
      return filters;
    }

    /**
     * The masked columns and fields.
     *
     * @return the masks
     */
    public List<Mask> masks() {
      return masks;
    }
  }

  /** A mask that was applied. */
  public static final class Mask {
    private final List<String> column;
    private final String mask;
    private final String rule;

    Mask(Map<String, Object> document) {
      column = strings(document.get("column"));
      mask = document.get("mask").toString();
      rule = document.get("rule").toString();
    }

    /**
     * The column, then nested fields.
     *
     * @return one name or more
     */
    public List<String> column() {
      return column;
    }

    /**
     * The mask.
     *
     * @return its name
     */
    public String mask() {
      return mask;
    }

    /**
     * The rule.
     *
     * @return its id
     */
    public String rule() {
      return rule;
    }
  }

  /** An edit of the script. */
  public static final class Edit {
    private final Span span;
    private final String text;

    Edit(Map<String, Object> document) {
      span = Span.of(document.get("span"));
      text = document.get("text").toString();
    }

    /**
     * What was replaced; empty for an insertion.
     *
     * @return the place
     */
    public Span span() {
      return span;
    }

    /**
     * By what.
     *
     * @return the text
     */
    public String text() {
      return text;
    }
  }
}
