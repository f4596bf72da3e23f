/**
 * sqlsec for Java: Flink SQL with row filters and column masks before it is submitted, or a refusal with reasons.
 *
 * <p>Enter at {@link io.github.sqlsec.SqlSec}.
 */
package io.github.sqlsec;
