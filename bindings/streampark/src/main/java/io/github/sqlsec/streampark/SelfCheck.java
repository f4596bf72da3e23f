package io.github.sqlsec.streampark;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.Advisor;
import org.springframework.aop.framework.Advised;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;

/**
 * Before the console serves anybody: every door is there, has the signature that the plug-in knows, and stands behind the plug-in, also where the services call
 * each other. Otherwise the console does not start: it would submit what nobody has read.
 */
final class SelfCheck implements SmartInitializingSingleton {
  private static final Logger LOG = LoggerFactory.getLogger(SelfCheck.class);

  private final ConfigurableListableBeanFactory beans;
  private final Console console;
  private final Advisor advisor;

  SelfCheck(ConfigurableListableBeanFactory beans, Console console, Advisor advisor) {
    this.beans = beans;
    this.console = console;
    this.advisor = advisor;
  }

  @Override
  public void afterSingletonsInstantiated() {
    List<String> wrong = wrong();
    if (!wrong.isEmpty()) {
      LOG.error("sqlsec: the console is not started: {}", wrong);
      throw new IllegalStateException("sqlsec: the console is not started, since starts of jobs would not be checked: " + String.join("; ", wrong));
    }
    LOG.info("sqlsec: stands before {}", doors());
  }

  private List<String> wrong() {
    List<String> wrong = new ArrayList<>();
    if (console.hasType(Door.START.type) == console.isDev()) {
      wrong.add("this is not a StreamPark that the plug-in knows: one of `" + Door.START.type + "` and `" + Door.START_DEV.type + "` must be there");
      return wrong;
    }
    for (String each : console.missing()) {
      wrong.add(each + " is not there");
    }
    for (Door door : doors()) {
      if (!console.hasType(door.type) || !door.isIn(console.type(door.type))) {
        wrong.add("`" + door.type + "." + door.method + "` is not there as the plug-in knows it");
        continue;
      }
      String[] names = beans.getBeanNamesForType(console.type(door.type));
      if (names.length == 0) {
        wrong.add("there is no `" + door.type + "`");
      }
      for (String name : names) {
        wrong(door, beans.getBean(name), wrong);
      }
    }
    return wrong;
  }

  private void wrong(Door door, Object bean, List<String> wrong) {
    if (!isBehind(bean)) {
      wrong.add("`" + door.type + "` is not behind the plug-in: Spring's automatic proxies are off, or do not reach it");
      return;
    }
    if (door != Door.START && door != Door.START_DEV) {
      return;
    }
    Class<?> target = AopUtils.getTargetClass(bean);
    String path = StartPath.wrong(target, beans.getBeanClassLoader());
    if (path != null) {
      wrong.add("`" + target.getName() + "`: " + path);
    }
    fields(bean, target, wrong);
  }

  /** The services that a start calls must be those behind the plug-in, not what is within. */
  private void fields(Object bean, Class<?> target, List<String> wrong) {
    for (Class<?> each = target; each != null && each != Object.class; each = each.getSuperclass()) {
      for (Field field : each.getDeclaredFields()) {
        for (Door door : new Door[] {Door.EFFECTIVE, Door.VARIABLES, Door.FILE, Door.FILE_DEV}) {
          if (field.getType().getName().equals(door.type) && !isBehind(value(field, bean))) {
            wrong.add("`" + target.getName() + "." + field.getName() + "` is not behind the plug-in");
          }
        }
      }
    }
  }

  private static Object value(Field field, Object bean) {
    try {
      Object target = ((Advised) bean).getTargetSource().getTarget();
      field.setAccessible(true);
      return field.get(target);
    } catch (Exception e) {
      // What cannot be looked at counts as not protected.
      return null;
    }
  }

  private boolean isBehind(Object bean) {
    if (!(bean instanceof Advised)) {
      return false;
    }
    for (Advisor each : ((Advised) bean).getAdvisors()) {
      if (each == advisor) {
        return true;
      }
    }
    try {
      // A proxy that waits for the first call stands before the real one.
      return isBehind(((Advised) bean).getTargetSource().getTarget());
    } catch (Exception e) {
      return false;
    }
  }

  /** Those that this StreamPark must have. */
  private Set<Door> doors() {
    Set<Door> doors = new LinkedHashSet<>();
    for (Door door : Door.values()) {
      boolean spark = door.line == Door.Line.SPARK && console.hasType(door.type);
      if (spark || door.line == Door.Line.BOTH || door.line == (console.isDev() ? Door.Line.DEV : Door.Line.V2_1)) {
        doors.add(door);
      }
    }
    return doors;
  }
}
