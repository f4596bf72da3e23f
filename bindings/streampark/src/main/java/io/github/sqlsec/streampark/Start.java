package io.github.sqlsec.streampark;

import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.OptionalLong;

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
    PROTECTED,
    /** It has replaced all variables too: what follows may be the submission. */
    LEAVING
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
  private OptionalLong lineage = OptionalLong.empty();

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
    if (isHandedOut() || template != null && !template.equals(text)) {
      throw Refusal.of("start-unknown", "StreamPark has read two texts for one start");
    }
    template = text;
    state = State.MARKED;
    return mark;
  }

  /** The job's text, when this is where its variables are replaced; null for any other text. */
  String template(Long team, String mixed) {
    boolean holds = mixed != null && mixed.contains(mark);
    if (isHandedOut() && !holds) {
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

  void decided(String text, String made, OptionalLong record) {
    checked = text;
    protectedText = made;
    lineage = record;
  }

  /** The lineage record that the last decision has left; none where no lineage is kept, or nothing is written. */
  OptionalLong lineage() {
    return lineage;
  }

  /** The last decision counts no more. */
  void forget() {
    checked = null;
    protectedText = null;
    lineage = OptionalLong.empty();
  }

  /** The protected text goes to StreamPark. */
  String handedOut() {
    state = State.PROTECTED;
    return protectedText;
  }

  boolean isHandedOut() {
    return state == State.PROTECTED || state == State.LEAVING;
  }

  /** StreamPark has replaced the variables of what follows the text, the last that it does before it submits. */
  void leaving() {
    state = State.LEAVING;
  }

  /** Whether it is known that nothing was submitted: what follows the text was not even read. */
  boolean isWithheld() {
    return state != State.LEAVING;
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
