package org.apache.streampark.console.core.service;

import org.apache.streampark.console.IService;
import org.apache.streampark.console.core.entity.ApplicationLog;

public interface ApplicationLogService extends IService<ApplicationLog> {}
