package org.apache.streampark.console;

/** What the services of entities have from a library: the parameter of {@code save} is an Object in its byte code. */
public interface IService<T> {
  default boolean save(T entity) {
    return true;
  }
}
