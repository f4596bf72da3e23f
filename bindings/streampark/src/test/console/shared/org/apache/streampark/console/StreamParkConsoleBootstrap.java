package org.apache.streampark.console;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/** A console of the same shape as StreamPark's, with tables in memory: what the plug-in finds by name has that name. */
@SpringBootApplication
public class StreamParkConsoleBootstrap {}
