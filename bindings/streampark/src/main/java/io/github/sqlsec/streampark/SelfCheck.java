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

  /** Of some states of the coming line: what it is told goes to a Flink SQL Gateway, as nobody's. */
  private static final String WORKBENCH = Door.CONSOLE + "core.service.SqlWorkBenchService";

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
    if (console.hasType(WORKBENCH)) {
      wrong.add("`" + WORKBENCH + "` sends statements to a gateway, and nobody reads them");
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
    fields(wrong);
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
  }

  /** Who holds one of the services must hold the one behind the plug-in, not what is within: controllers, the services among themselves, threads that watch. */
  private void fields(List<String> wrong) {
    for (String name : beans.getBeanDefinitionNames()) {
      Object bean = beans.getSingleton(name);
      Object target = bean == null ? null : target(bean);
      for (Class<?> each = target == null ? null : target.getClass(); each != null && each != Object.class; each = each.getSuperclass()) {
        if (each.getName().startsWith(Door.CONSOLE)) {
          fields(target, each, wrong);
        }
      }
    }
  }

  private void fields(Object target, Class<?> type, List<String> wrong) {
    for (Field field : type.getDeclaredFields()) {
      for (Door door : Door.values()) {
        if (field.getType().getName().equals(door.type) && !isBehind(value(field, target))) {
          wrong.add("`" + type.getName() + "." + field.getName() + "` is not behind the plug-in");
          break;
        }
      }
    }
  }

  private static Object target(Object bean) {
    try {
      return bean instanceof Advised ? ((Advised) bean).getTargetSource().getTarget() : bean;
    } catch (Exception e) {
      return bean;
    }
  }

  private static Object value(Field field, Object target) {
    try {
      field.setAccessible(true);
      return field.get(target);
    } catch (ReflectiveOperationException | RuntimeException e) {
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
