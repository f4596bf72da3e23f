package io.github.sqlsec.streampark;

import java.lang.reflect.Method;
import org.aopalliance.intercept.MethodInterceptor;
import org.springframework.aop.support.StaticMethodMatcherPointcutAdvisor;
import org.springframework.core.Ordered;

/**
 * Puts the plug-in around the doors. By names, not by a pointcut's text: a text that names a class which this StreamPark lacks is an error, and one that is
 * misspelt matches nothing and says nothing.
 */
final class DoorAdvisor extends StaticMethodMatcherPointcutAdvisor {
  private static final long serialVersionUID = 1L;

  DoorAdvisor(MethodInterceptor doorkeeper) {
    super(doorkeeper);
    // Outermost: what it answers is what the caller gets.
    setOrder(Ordered.HIGHEST_PRECEDENCE);
  }

  @Override
  public boolean matches(Method method, Class<?> targetClass) {
    return Door.of(method, targetClass) != null;
  }
}
