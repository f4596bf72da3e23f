package org.apache.streampark.console.system.service;

import org.apache.streampark.console.Tables;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class MemberService {
  @Autowired private Tables tables;

  public Tables.Member getByTeamIdUserName(Long teamId, String userName) {
    for (Tables.User user : tables.users.values()) {
      if (user.getUsername().equals(userName)) {
        return tables.members.get(teamId + "/" + user.getUserId());
      }
    }
    return null;
  }
}
