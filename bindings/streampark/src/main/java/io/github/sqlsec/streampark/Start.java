package io.github.sqlsec.streampark;

import java.math.BigInteger;
import java.security.SecureRandom;

/**
 * One start of a Flink SQL job, on the thread that runs its synchronous part. What StreamPark reads as the job's text is a mark; the one place where it replaces
 * the mark's variables hands out the protected text. A StreamPark that went another way would submit the mark, which is no SQL.
 *
 * <p>Invariant: the text leaves this class protected, or not at all; and each start is on one thread, which has none when it ends.
 */
final class Start {
  private static final ThreadLocal<Start> CURRENT = new ThreadLocal<>();
  private static final SecureRandom RANDOM = new SecureRandom();

  private enum State {
    /** StreamPark has not asked for the text. */
    NEW,
    /** It has the mark. */
    MARKED,
    /** It has the protected text. */
    PROTECTED
  }

  final Job job;
  final Object service;
  final Person owner;
  /** Who has asked for it; null for nobody. */
  final Person starter;
  /** Properties that the request brings; null for none. */
  final String given;

  private final String mark = "sqlsec: this is not the text of the job " + new BigInteger(128, RANDOM).toString(36);
  private State state = State.NEW;
  private String template;
  /** The last text that was decided about, with its variables replaced, and what it became. */
  private String checked;
  private String protectedText;

  Start(Object service, Job job, Person owner, Person starter, String given) {
    this.service = service;
    this.job = job;
    this.owner = owner;
    this.starter = starter;
    this.given = given;
  }

  /** The start that this thread is in; null for none. */
  static Start current() {
    return CURRENT.get();
  }

  /** Makes it the thread's; null for none. Gives back what was before. */
  static Start enter(Start start) {
    Start before = CURRENT.get();
    if (start == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(start);
    }
    return before;
  }

  boolean isManual() {
    return starter != null;
  }

  /** Keeps the job's text, and gives the mark that stands for it. */
  String marked(String text) {
    if (text == null || text.equals(mark)) {
      return text;
    }
    if (state == State.PROTECTED || template != null && !template.equals(text)) {
      throw Refusal.of("start-unknown", "StreamPark has read two texts for one start");
    }
    template = text;
    state = State.MARKED;
    return mark;
  }

  /** The job's text, when this is where its variables are replaced; null for any other text. */
  String template(Long team, String mixed) {
    boolean holds = mixed != null && mixed.contains(mark);
    if (state == State.PROTECTED && !holds) {
      return null;
    }
    if (state != State.MARKED || !mark.equals(mixed) || !job.team.equals(team)) {
      throw Refusal.of("start-unknown", "StreamPark does not take the job's text where the plug-in expects it");
    }
    return template;
  }

  /** What the text has become, when this very text was decided about in this start; else null. */
  String known(String text) {
    return text.equals(checked) ? protectedText : null;
  }

  void decided(String text, String made) {
    checked = text;
    protectedText = made;
  }

  /** The protected text goes to StreamPark. */
  String handedOut() {
    state = State.PROTECTED;
    return protectedText;
  }

  boolean isHandedOut() {
    return state == State.PROTECTED;
  }

  /** Whether StreamPark has not even asked for the text, as where it decides not to restart. */
  boolean isUntouched() {
    return state == State.NEW;
  }

  /** The text that was handed out, before it was protected. */
  String text() {
    return checked;
  }
}
