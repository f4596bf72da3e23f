package io.github.sqlsec.streampark;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.springframework.util.ClassUtils;

/** Calls by name. What is not there is an {@link IllegalStateException}: this StreamPark is not the one that the plug-in knows. */
final class Reflected {
  private Reflected() {}

  static boolean has(Object target, String method) {
    return find(target.getClass(), method, new Object[0]) != null;
  }

  /** Whether a type has a public method of this name. */
  static boolean names(Class<?> type, String method) {
    for (Method each : type.getMethods()) {
      if (each.getName().equals(method)) {
        return true;
      }
    }
    return false;
  }

  /** Calls a public method. An exception of the method's own comes out as it is when it is unchecked. */
  static Object call(Object target, String method, Object... args) {
    Method found = find(target.getClass(), method, args);
    if (found == null) {
      throw unknown(target.getClass(), method);
    }
    return invoke(found, target, args);
  }

  static Object callStatic(Class<?> type, String method, Object... args) {
    Method found = find(type, method, args);
    if (found == null) {
      throw unknown(type, method);
    }
    return invoke(found, null, args);
  }

  static String text(Object target, String method) {
    Object value = call(target, method);
    if (value != null && !(value instanceof String)) {
      throw unknown(target.getClass(), method);
    }
    return (String) value;
  }

  static Long number(Object target, String method) {
    Object value = call(target, method);
    if (value != null && !(value instanceof Long)) {
      throw unknown(target.getClass(), method);
    }
    return (Long) value;
  }

  static Integer integer(Object target, String method) {
    Object value = call(target, method);
    if (value != null && !(value instanceof Integer)) {
      throw unknown(target.getClass(), method);
    }
    return (Integer) value;
  }

  private static Method find(Class<?> type, String name, Object[] args) {
    if (Proxy.isProxyClass(type)) {
      // Its own methods are in a package that nobody may enter.
      for (Class<?> each : type.getInterfaces()) {
        Method method = find(each, name, args);
        if (method != null) {
          return method;
        }
      }
      return null;
    }
    for (Method method : type.getMethods()) {
      if (method.getName().equals(name) && !method.isBridge() && takes(method.getParameterTypes(), args)) {
        return method;
      }
    }
    return null;
  }

  private static boolean takes(Class<?>[] types, Object[] args) {
    if (types.length != args.length) {
      return false;
    }
    for (int i = 0; i < types.length; i++) {
      if (!ClassUtils.isAssignableValue(types[i], args[i])) {
        return false;
      }
    }
    return true;
  }

  private static Object invoke(Method method, Object target, Object[] args) {
    try {
      method.setAccessible(true);
      return method.invoke(target, args);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException) {
        throw (RuntimeException) e.getCause();
      } else if (e.getCause() instanceof Error) {
        throw (Error) e.getCause();
      }
      throw new IllegalStateException(e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }

  private static IllegalStateException unknown(Class<?> type, String method) {
    return new IllegalStateException("`" + type.getName() + "` has no `" + method + "` as the plug-in knows it");
  }
}
