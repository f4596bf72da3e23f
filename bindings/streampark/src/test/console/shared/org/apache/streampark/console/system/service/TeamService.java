package org.apache.streampark.console.system.service;

import java.io.Serializable;
import org.apache.streampark.console.Tables;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class TeamService {
  @Autowired private Tables tables;

  public Tables.Team getById(Serializable id) {
    return tables.teams.get((Long) id);
  }
}
