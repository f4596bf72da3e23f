package org.apache.streampark.console.core.service;

import org.apache.shiro.SecurityUtils;
import org.apache.streampark.console.Tables;
import org.apache.streampark.console.system.service.UserService;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class ServiceHelper {
  @Autowired private UserService userService;

  public Tables.User getLoginUser() {
    return userService.getById(Long.valueOf((String) SecurityUtils.getSubject().getPrincipal()));
  }
}
