/**
 * sqlsec inside a Flink SQL Gateway: who asks is found out for every request ({@link io.github.sqlsec.gateway.AuthenticatingHandlerFactory}), and every call
 * that the REST endpoint makes passes a closed list ({@link io.github.sqlsec.gateway.ProtectedService}), which checks, rewrites, filters or refuses it.
 *
 * <p>Invariant: without a known caller nothing is answered; a method that is not in the list is refused.
 */
package io.github.sqlsec.gateway;
