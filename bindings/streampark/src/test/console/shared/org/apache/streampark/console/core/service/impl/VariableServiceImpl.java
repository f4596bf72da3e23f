package org.apache.streampark.console.core.service.impl;

import java.util.Map;
import org.apache.streampark.console.Tables;
import org.apache.streampark.console.core.service.VariableService;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Service;

@Service
public class VariableServiceImpl implements VariableService {
  @Autowired private Tables tables;

  @Override
  public String replaceVariable(Long teamId, String mixed) {
    if (mixed == null || mixed.trim().isEmpty()) {
      return mixed;
    }
    String text = mixed;
    for (Map.Entry<String, String> variable : tables.variables.entrySet()) {
      String prefix = teamId + "/";
      if (variable.getKey().startsWith(prefix)) {
        text = text.replace("${" + variable.getKey().substring(prefix.length()) + "}", variable.getValue());
      }
    }
    return text;
  }
}
