package org.apache.streampark.console.system.service;

import java.io.Serializable;
import org.apache.streampark.console.Tables;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class RoleService {
  @Autowired private Tables tables;

  public Tables.Role getById(Serializable id) {
    return tables.roles.get((Long) id);
  }
}
