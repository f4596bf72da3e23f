package org.apache.streampark.console.core.service.impl;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.streampark.common.util.DeflaterUtils;
import org.apache.streampark.console.Tables;
import org.apache.streampark.console.base.exception.ApiAlertException;
import org.apache.streampark.console.core.entity.Application;
import org.apache.streampark.console.core.entity.ApplicationLog;
import org.apache.streampark.console.core.entity.FlinkSql;
import org.apache.streampark.console.core.service.ApplicationConfigService;
import org.apache.streampark.console.core.service.ApplicationLogService;
import org.apache.streampark.console.core.service.ApplicationService;
import org.apache.streampark.console.core.service.FlinkSqlService;
import org.apache.streampark.console.core.service.VariableService;
import org.apache.streampark.flink.client.FlinkClient;
import org.apache.streampark.flink.client.bean.SubmitRequest;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

/** The steps of a start in the order of 2.1. */
@Service
public class ApplicationServiceImpl implements ApplicationService {
  @Autowired private Tables tables;
  @Autowired private FlinkSqlService flinkSqlService;
  @Autowired private VariableService variableService;
  @Autowired private ApplicationLogService logService;
  @Autowired private ApplicationConfigService configService;

  public static final ExecutorService EXECUTOR =
      Executors.newSingleThreadExecutor(
          run -> {
            Thread thread = new Thread(run, "submit");
            thread.setDaemon(true);
            return thread;
          });

  @Override
  public Application getById(Serializable id) {
    Map<String, Object> row = tables.jobs.get((Long) id);
    return row == null ? null : new Application(row);
  }

  @Override
  public void restart(Application app) throws Exception {
    this.start(app, false);
  }

  @Override
  public void start(Application appParam, boolean auto) throws Exception {
    final Application application = getById(appParam.getId());
    if (auto && !application.isNeedRestartOnFailed()) {
      return;
    }
    tables.jobs.get(application.getId()).put("state", "STARTING");
    flinkSqlService.toEffective(application.getId());
    String conf = configService.getEffective(application.getId());
    if (application.isFlinkSqlJob() && flinkSqlService.getEffective(application.getId(), false) == null) {
      throw new ApiAlertException("the job has no SQL");
    }
    Map<String, Object> extra = new HashMap<>();
    if (application.isFlinkSqlJob()) {
      FlinkSql flinkSql = flinkSqlService.getEffective(application.getId(), true);
      String realSql = variableService.replaceVariable(application.getTeamId(), flinkSql.getSql());
      flinkSql.setSql(DeflaterUtils.zipString(realSql));
      extra.put("sql", flinkSql.getSql());
    }
    breaks(application.getId(), "early");
    String args = appParam.getArgs() == null ? application.getArgs() : appParam.getArgs();
    String applicationArgs = variableService.replaceVariable(application.getTeamId(), args);
    SubmitRequest request = new SubmitRequest(application.getId(), (String) extra.get("sql"), applicationArgs);
    ApplicationLog log = new ApplicationLog(application.getId(), 1);
    CompletableFuture<String> future = CompletableFuture.supplyAsync(() -> FlinkClient.submit(request), EXECUTOR);
    future.whenCompleteAsync(
        (response, throwable) -> {
          log.setSuccess(throwable == null);
          logService.save(log);
        },
        EXECUTOR);
    breaks(application.getId(), "late");
  }

  /** As where the build of a job is not there, or the transaction of a start fails at its end. */
  private void breaks(Long job, String where) {
    if (where.equals(tables.jobs.get(job).get("breaks"))) {
      throw new IllegalStateException("the start breaks " + where);
    }
  }
}
