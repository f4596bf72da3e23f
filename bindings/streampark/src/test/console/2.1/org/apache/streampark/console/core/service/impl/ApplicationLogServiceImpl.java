package org.apache.streampark.console.core.service.impl;

import org.apache.streampark.console.core.service.ApplicationLogService;
import org.springframework.stereotype.Service;

@Service
public class ApplicationLogServiceImpl implements ApplicationLogService {}
