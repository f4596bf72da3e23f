/**
 * sqlsec in Apache StreamPark: Flink SQL is checked when it is verified and at each start of a job, and what is submitted is the protected text.
 *
 * <p>Enter at {@link io.github.sqlsec.streampark.Installer}. StreamPark's classes are used by their names alone, since its console is on no artifact
 * repository, and two lines of it (2.1 and the coming one) are served by one jar.
 */
package io.github.sqlsec.streampark;
