package org.apache.streampark.console.system.service;

import java.io.Serializable;
import org.apache.streampark.console.Tables;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class UserService {
  @Autowired private Tables tables;

  public Tables.User getById(Serializable id) {
    return tables.users.get((Long) id);
  }
}
