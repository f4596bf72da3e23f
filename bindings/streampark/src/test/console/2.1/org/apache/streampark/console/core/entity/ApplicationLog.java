package org.apache.streampark.console.core.entity;

public class ApplicationLog {}
