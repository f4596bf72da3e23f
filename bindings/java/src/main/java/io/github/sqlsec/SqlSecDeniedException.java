package io.github.sqlsec;

import java.util.List;

/** The script is refused. Code, message and place are those of the first reason, for the submitter: they tell nothing of the policy. */
public final class SqlSecDeniedException extends SqlSecException {
  private static final long serialVersionUID = 1L;

  private final transient Reply reply;

  SqlSecDeniedException(Reply reply) {
    this(reply, reply.errors().get(0));
  }

  private SqlSecDeniedException(Reply reply, Denial first) {
    super(first.code(), first.message(), first.statement(), first.line(), first.column(), null);
    this.reply = reply;
  }

  /**
   * All reasons, in the order of the text.
   *
   * @return one or more; none after serialization
   */
  public List<Denial> reasons() {
    return reply == null ? java.util.Collections.<Denial>emptyList() : reply.errors();
  }

  /**
   * The reply.
   *
   * @return the reply; null after serialization
   */
  public Reply reply() {
    return reply;
  }
}
