package org.apache.streampark.console.system.service;

import org.apache.streampark.console.Tables;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class MemberService {
  @Autowired private Tables tables;

  public Tables.Member findByUserId(Long teamId, Long userId) {
    return tables.members.get(teamId + "/" + userId);
  }
}
