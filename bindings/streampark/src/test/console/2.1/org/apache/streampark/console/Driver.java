package org.apache.streampark.console;

import io.github.sqlsec.streampark.Site;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.streampark.common.util.DeflaterUtils;
import org.apache.streampark.console.core.controller.FlinkSqlController;
import org.apache.streampark.console.core.entity.Application;
import org.apache.streampark.console.core.entity.ApplicationLog;
import org.apache.streampark.console.core.entity.FlinkSql;
import org.apache.streampark.console.core.service.VariableService;
import org.apache.streampark.console.core.service.ApplicationLogService;
import org.apache.streampark.console.core.service.ApplicationService;
import org.apache.streampark.console.core.service.impl.ApplicationServiceImpl;
import org.apache.streampark.flink.client.FlinkClient;
import org.apache.streampark.flink.client.bean.SubmitRequest;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/** What people and threads do to this console. */
@Component
public class Driver implements Site {
  @Autowired private Tables tables;
  @Autowired private FlinkSqlController controller;
  @Autowired private VariableService variables;
  @Autowired private ApplicationLogService logs;
  @Autowired private ApplicationService service;

  @Autowired private org.apache.streampark.console.core.service.AppBuildPipeService builds;

  @Override
  public boolean build(Map<String, Object> request) {
    return builds.buildApplication(new Application(request), new ApplicationLog());
  }

  @Override
  public void user(Long id, String name, String status, boolean admin) {
    tables.users.put(id, new Tables.User(id, name, status, admin ? Tables.UserType.ADMIN : Tables.UserType.USER));
  }

  @Override
  public void team(Long id, String name) {
    tables.teams.put(id, new Tables.Team(name));
  }

  @Override
  public void member(Long team, Long user, String role) {
    tables.roles.put(100 + user, new Tables.Role(role));
    tables.members.put(team + "/" + user, new Tables.Member(100 + user));
  }

  @Override
  public void leaves(Long team, Long user) {
    tables.members.remove(team + "/" + user);
  }

  @Override
  public void flink(Long id, String version) {
    tables.flinks.put(id, new Tables.Flink(version));
  }

  @Override
  public void variable(Long team, String code, String value) {
    tables.variables.put(team + "/" + code, value);
  }

  @Override
  public Map<String, Object> job(Long id) {
    return tables.jobs.get(id);
  }

  @Override
  public void save(Map<String, Object> job, String sql, String dependency) {
    Long id = (Long) job.get("id");
    tables.jobs.put(id, job);
    if (sql != null) {
      tables.candidates.put(id, new FlinkSql(id, DeflaterUtils.zipString(sql), dependency, null));
    }
  }

  @Override
  public void file(Long job, String text) {
    tables.files.put(job, text);
  }

  @Override
  public void start(Map<String, Object> request, boolean auto) throws Exception {
    service.start(new Application(request), auto);
  }

  @Override
  public void restart(Map<String, Object> request) throws Exception {
    service.restart(new Application(request));
  }

  @Override
  public void fails(Long job) {
    FlinkClient.FAILING.add(job);
  }

  @Override
  public void log(Long job, Integer option, Boolean success) {
    ApplicationLog log = new ApplicationLog(job, option);
    log.setSuccess(success);
    logs.save(log);
  }

  @Override
  public void spark(Map<String, Object> request) {
    throw new UnsupportedOperationException("there are no Spark jobs");
  }

  @Override
  public Map<String, Object> verify(String sql, Long flink, Long team) {
    return controller.verify(sql, flink, team);
  }

  @Override
  public String replace(Long team, String text) {
    return variables.replaceVariable(team, text);
  }

  @Override
  public String[] submitted() throws Exception {
    // Behind all that was handed to it, and what that hands to it in turn.
    for (int i = 0; i < 2; i++) {
      ApplicationServiceImpl.EXECUTOR.submit((Callable<Integer>) () -> 0).get();
    }
    return FlinkClient.SUBMITTED.stream().map(Driver::text).toArray(String[]::new);
  }

  private static String text(SubmitRequest request) {
    return request.id + ": " + (request.sql == null ? "no SQL" : DeflaterUtils.unzipString(request.sql));
  }
}
