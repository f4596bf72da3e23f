package org.apache.streampark.console.core.service.application.impl;

import org.apache.streampark.console.core.service.application.ApplicationLogService;
import org.springframework.stereotype.Service;

@Service
public class ApplicationLogServiceImpl implements ApplicationLogService {}
