package org.apache.streampark.console.core.util;

import org.apache.shiro.SecurityUtils;
import org.apache.streampark.console.Tables;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

public class ServiceHelper {
  private static Tables tables;

  /** In place of StreamPark's static look at the context. */
  @Component
  static class Context {
    @Autowired
    Context(Tables found) {
      tables = found;
    }
  }

  public static Tables.User getLoginUser() {
    return tables.users.get(Long.valueOf((String) SecurityUtils.getSubject().getPrincipal()));
  }
}
