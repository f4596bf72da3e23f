package io.github.sqlsec.streampark;

import java.util.Map;

/** A console as its people see it, the same for each line: the tests speak to it alone. */
public interface Site {
  void user(Long id, String name, String status, boolean admin);

  void team(Long id, String name);

  void member(Long team, Long user, String role);

  void leaves(Long team, Long user);

  void flink(Long id, String version);

  void variable(Long team, String code, String value);

  /** The row of a job. */
  Map<String, Object> job(Long id);

  /** Saves a job and, unless null, a new text of it. */
  void save(Map<String, Object> job, String sql, String dependency);

  /** Gives a job a configuration file. */
  void file(Long job, String text);

  /** Packs a job's jars. */
  boolean build(Map<String, Object> request);

  void start(Map<String, Object> request, boolean auto) throws Exception;

  /** From now on the cluster takes a job and does not answer. */
  void fails(Long job);

  /** Writes an entry into a job's log. */
  void log(Long job, Integer option, Boolean success);

  void restart(Map<String, Object> request) throws Exception;

  void spark(Map<String, Object> request) throws Exception;

  Map<String, Object> verify(String sql, Long flink, Long team);

  String replace(Long team, String text);

  /** What has gone to a cluster: the number of the job, and its text. */
  String[] submitted() throws Exception;
}
